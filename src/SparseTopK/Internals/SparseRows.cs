using System.Numerics;

namespace SparseTopK.Internals;

/// <summary>Rows as (index, value) pairs of the entries that are not 0.</summary>
internal static class SparseRows
{
    /// <summary>The outputs must lie apart. x may be any of them: it is read before they are written.</summary>
    public static void CheckMemory<T>(Span<int> counts, Span<int> indices, Span<T> values, Span<double> thresholds)
    {
        Guard.NoOverlap(counts, indices, nameof(indices));
        Guard.NoOverlap(counts, values, nameof(values));
        Guard.NoOverlap(indices, values, nameof(values));
        Guard.NoOverlap(counts, thresholds, nameof(thresholds));
        Guard.NoOverlap(indices, thresholds, nameof(thresholds));
        Guard.NoOverlap(values, thresholds, nameof(thresholds));
    }

    /// <summary>Writes the pairs of a dense result; nothing where they do not fit.</summary>
    public static int Write<T>(ReadOnlySpan<T> dense, int n, Span<int> counts, Span<int> indices, Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        var total = dense.Length - dense.Count(T.Zero);
        Room(indices.Length, total, nameof(indices));
        Room(values.Length, total, nameof(values));
        var written = 0;
        for (var row = 0; row < counts.Length; row++)
        {
            var first = written;
            var entries = dense.Slice(row * n, n);
            for (var i = 0; i < n; i++)
            {
                if (entries[i] != T.Zero)
                {
                    (indices[written], values[written]) = (i, entries[i]);
                    written++;
                }
            }

            counts[row] = written - first;
        }

        return written;
    }

    private static void Room(int length, int needed, string name)
    {
        if (length < needed)
        {
            throw new ArgumentException($"The length is {length}, and {needed} entries are not 0.", name);
        }
    }
}
