using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace SparseTopK.Thresholding;

/// <summary>The undecided keys of one row, widened to float64, in pooled memory.</summary>
internal readonly ref struct KeyBuffer<T>
    where T : unmanaged, INumberBase<T>
{
    private readonly double[] _keys;

    public KeyBuffer(ReadOnlySpan<T> row, bool absolute, double low, double cut)
    {
        var chunks = Rows.ChunksOf(row.Length);
        var kept = ArrayPool<T>.Shared.Rent(row.Length);
        var counts = ArrayPool<Compaction.Kept>.Shared.Rent(chunks);
        try
        {
            unsafe
            {
                fixed (T* source = row, target = kept)
                fixed (Compaction.Kept* results = counts)
                {
                    Rows.ForEachChunk(row.Length, new KeepChunk<T>(source, target, results, absolute, low, cut));
                }
            }

            var total = 0;
            foreach (var count in counts.AsSpan(0, chunks))
            {
                total += count.Count;
                Above += count.Above;
            }

            _keys = ArrayPool<double>.Shared.Rent(total);
            Keys = _keys.AsSpan(0, total);
            var written = 0;
            for (var i = 0; i < chunks; i++)
            {
                var part = kept.AsSpan(i * Rows.Chunk, counts[i].Count);
                TensorPrimitives.ConvertTruncating<T, double>(part, _keys.AsSpan(written, part.Length));
                written += part.Length;
            }
        }
        finally
        {
            ArrayPool<Compaction.Kept>.Shared.Return(counts);
            ArrayPool<T>.Shared.Return(kept);
        }
    }

    public Span<double> Keys { get; }

    public long Above { get; }

    public void Dispose() => ArrayPool<double>.Shared.Return(_keys);
}

/// <summary>Compacts each chunk of a row into its own part of the destination.</summary>
internal readonly unsafe struct KeepChunk<T>(T* row, T* kept, Compaction.Kept* counts, bool absolute, double low, double cut) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length) =>
        counts[index] = Compaction.Keys(
            new ReadOnlySpan<T>(row + start, length), absolute, low, cut, new Span<T>(kept + start, length));
}
