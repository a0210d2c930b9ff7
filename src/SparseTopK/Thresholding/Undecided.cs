using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The undecided entries of one row in pooled memory: their keys in float64 and, where they are few, their places.</summary>
internal readonly ref struct Undecided<T>
    where T : unmanaged, INumberBase<T>
{
    private readonly Compaction.Kept[] _counts;
    private readonly T[] _entries;
    private readonly int[] _places;
    private readonly double[] _keys;
    private readonly int _room;

    /// <param name="row">The row.</param>
    /// <param name="absolute">Whether keys are absolute values.</param>
    /// <param name="low">Keys at or below it are left out.</param>
    /// <param name="cut">Finite keys at or above it are counted and left out.</param>
    /// <param name="places">Whether to keep places; where too many entries are undecided there are none all the same.</param>
    public Undecided(ReadOnlySpan<T> row, bool absolute, double low, double cut, bool places)
    {
        var chunks = Rows.ChunksOf(row.Length);
        _room = places ? (Math.Min(row.Length, Rows.Chunk) / 8) + Places.Slack : Math.Min(row.Length, Rows.Chunk);
        _counts = ArrayPool<Compaction.Kept>.Shared.Rent(chunks);
        _entries = ArrayPool<T>.Shared.Rent(places ? chunks * _room : row.Length);
        _places = places ? ArrayPool<int>.Shared.Rent(chunks * _room) : [];
        _keys = [];
        Fill(row, absolute, low, cut);
        IsComplete = true;
        var total = 0;
        foreach (var count in _counts.AsSpan(0, chunks))
        {
            IsComplete &= count.Count >= 0;
            total += count.Count;
            Above += count.Above;
        }

        if (IsComplete)
        {
            _keys = ArrayPool<double>.Shared.Rent(total);
            Keys = _keys.AsSpan(0, total);
            Widen(chunks, absolute && places);
        }
    }

    /// <summary>Whether the undecided entries had room.</summary>
    public bool IsComplete { get; }

    public Span<double> Keys { get; }

    public long Above { get; }

    /// <summary>Writes the row's output if it can be written from the undecided entries alone: all others are 0.</summary>
    public unsafe bool TryWrite<TOperator, TPower>(int n, T* destination, in Root root, TPower power)
        where TOperator : struct, ITopKOperator
        where TPower : struct, IPower
    {
        if (_places.Length == 0 || root.Kind == RootKind.Invalid)
        {
            return false;
        }

        fixed (T* entries = _entries)
        fixed (int* places = _places)
        fixed (Compaction.Kept* counts = _counts)
        {
            Rows.ForEachChunk(n, new ScatterChunk<T, TOperator, TPower>(entries, places, counts, _room, root, power, destination));
        }

        return true;
    }

    public void Dispose()
    {
        ArrayPool<Compaction.Kept>.Shared.Return(_counts);
        ArrayPool<T>.Shared.Return(_entries);
        if (_places.Length > 0)
        {
            ArrayPool<int>.Shared.Return(_places);
        }

        if (_keys.Length > 0)
        {
            ArrayPool<double>.Shared.Return(_keys);
        }
    }

    private unsafe void Fill(ReadOnlySpan<T> row, bool absolute, double low, double cut)
    {
        fixed (T* source = row, entries = _entries)
        fixed (int* places = _places)
        fixed (Compaction.Kept* counts = _counts)
        {
            Rows.ForEachChunk(row.Length, new KeepChunk<T>(source, entries, places, counts, _room, absolute, low, cut));
        }
    }

    private void Widen(int chunks, bool signed)
    {
        var rest = Keys;
        for (var i = 0; i < chunks; i++)
        {
            TensorPrimitives.ConvertTruncating(_entries.AsSpan(i * _room, _counts[i].Count), rest);
            rest = rest[_counts[i].Count..];
        }

        if (signed)
        {
            TensorPrimitives.Abs(Keys, Keys);
        }
    }
}

/// <summary>Compacts each chunk of a row into its own part of the results.</summary>
internal readonly unsafe struct KeepChunk<T>(
    T* row, T* entries, int* places, Compaction.Kept* counts, int room, bool absolute, double low, double cut) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        var source = new ReadOnlySpan<T>(row + start, length);
        var entry = entries + ((long)index * room);
        if (places == null)
        {
            counts[index] = Compaction.Keys(source, absolute, low, cut, new Span<T>(entry, length));
            return;
        }

        var place = places + ((long)index * room);
        var count = Places.Find(source, absolute, low, double.NaN, new Span<int>(place, room));
        counts[index] = new(count, 0);
        for (var i = 0; i < count; i++)
        {
            entry[i] = row[start + place[i]];
        }
    }
}

/// <summary>Writes each chunk of a sparse row: zeros, and the values of the undecided entries in their places.</summary>
internal readonly unsafe struct ScatterChunk<T, TOperator, TPower>(
    T* entries, int* places, Compaction.Kept* counts, int room, Root root, TPower power, T* destination) : IStretch
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    public void Invoke(int index, int start, int length)
    {
        var place = places + ((long)index * room);
        var values = new Span<T>(entries + ((long)index * room), counts[index].Count);
        Output.Write<T, TOperator, TPower>(values, values, root, power);
        new Span<T>(destination + start, length).Clear();
        for (var i = 0; i < values.Length; i++)
        {
            destination[start + place[i]] = values[i];
        }
    }
}
