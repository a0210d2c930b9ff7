using System.Numerics;
using SparseTopK.Thresholding;

namespace SparseTopK.Differentiation;

/// <summary>What the first pass found in a chunk of a row.</summary>
/// <param name="Totals">Its sums.</param>
/// <param name="Count">Its active entries, gathered; -1 where they are too many to be worth it.</param>
internal readonly record struct GatheredChunk(Totals Totals, int Count)
{
    /// <summary>The room for the active entries of a chunk: a quarter of it, and some slack.</summary>
    public static int Room(int length) => (length / 4) + Places.Slack;
}

/// <summary>A chunk of one long row. The first pass gathers its active entries and sums them; the second writes the product.</summary>
/// <remarks>Few entries of a sparse row are active, so that gathering them costs less than to visit the direction, or the point twice.</remarks>
internal readonly unsafe struct MapChunk<T, TJacobian>(
    T* point, T* direction, T* destination, TJacobian jacobian, GatheredChunk* parts, int* places, T* entries) : IStretch
    where T : unmanaged, INumberBase<T>
    where TJacobian : struct, IJacobian<TJacobian>
{
    private readonly bool _writes;
    private readonly bool _invalid;
    private readonly double _coupling;

    private MapChunk(
        T* point, T* direction, T* destination, TJacobian jacobian, GatheredChunk* parts, int* places, T* entries, double coupling, bool invalid)
        : this(point, direction, destination, jacobian, parts, places, entries) =>
        (_writes, _coupling, _invalid) = (true, coupling, invalid);

    /// <summary>The second pass.</summary>
    public MapChunk<T, TJacobian> Writing(double coupling, bool invalid) =>
        new(point, direction, destination, jacobian, parts, places, entries, coupling, invalid);

    public void Invoke(int index, int start, int length)
    {
        var room = GatheredChunk.Room(length);
        var first = index * GatheredChunk.Room(Rows.Chunk);
        var place = new Span<int>(places + first, room);
        var p = new Span<T>(entries + (2 * first), room);
        var d = new Span<T>(entries + (2 * first) + room, room);
        if (_writes)
        {
            Write(parts[index].Count, start, length, place, p, d);
        }
        else
        {
            parts[index] = Gather(start, length, place, p, d);
        }
    }

    private GatheredChunk Gather(int start, int length, Span<int> place, Span<T> p, Span<T> d)
    {
        var row = new ReadOnlySpan<T>(point + start, length);
        var (low, cut, absolute) = jacobian.ActiveKeys;
        var count = Places.Find(row, absolute, low, cut, place);
        if (count < 0)
        {
            return new(LinearMap.Reduce(row, new ReadOnlySpan<T>(direction + start, length), jacobian), count);
        }

        for (var i = 0; i < count; i++)
        {
            p[i] = point[start + place[i]];
            d[i] = direction[start + place[i]];
        }

        return new(LinearMap.Reduce<T, TJacobian>(p[..count], d[..count], jacobian), count);
    }

    private void Write(int count, int start, int length, Span<int> place, Span<T> p, Span<T> d)
    {
        var target = new Span<T>(destination + start, length);
        if (_invalid)
        {
            target.Fill(T.CreateTruncating(double.NaN));
        }
        else if (count < 0)
        {
            LinearMap.Apply(new ReadOnlySpan<T>(point + start, length), new ReadOnlySpan<T>(direction + start, length), jacobian, _coupling, target);
        }
        else
        {
            LinearMap.Apply(p[..count], d[..count], jacobian, _coupling, d[..count]);
            target.Clear();
            for (var i = 0; i < count; i++)
            {
                destination[start + place[i]] = d[i];
            }
        }
    }
}
