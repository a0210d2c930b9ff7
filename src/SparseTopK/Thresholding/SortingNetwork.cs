using System.Numerics;

namespace SparseTopK.Thresholding;

/// <summary>Batcher's merge-exchange sort (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), for any length.</summary>
internal static class SortingNetwork
{
    /// <summary>Sorts every lane of <paramref name="tile"/>, <paramref name="n"/> ranks of so many vectors, in decreasing order.</summary>
    public static void Descending<T>(Span<T> tile, int n, int vectors)
        where T : unmanaged
    {
        if (n < 2)
        {
            return;
        }

        var top = 1 << BitOperations.Log2((uint)(n - 1));
        for (var p = top; p > 0; p >>= 1)
        {
            var (q, r, d) = (top, 0, p);
            while (true)
            {
                for (var start = r; start < n - d; start += 2 * p)
                {
                    ExchangeRun(tile, start * vectors, Math.Min(start + p, n - d) * vectors, d * vectors);
                }

                if (q == p)
                {
                    break;
                }

                (d, q, r) = (q - p, q >> 1, p);
            }
        }
    }

    private static void ExchangeRun<T>(Span<T> tile, int start, int end, int distance)
        where T : unmanaged
    {
        ref var upper = ref tile[start * Vector<T>.Count];
        ref var lower = ref tile[(start + distance) * Vector<T>.Count];
        var length = (nuint)((end - start) * Vector<T>.Count);
        for (nuint i = 0; i < length; i += (nuint)Vector<T>.Count)
        {
            var a = Vector.LoadUnsafe(ref upper, i);
            var b = Vector.LoadUnsafe(ref lower, i);
            Vector.MaxNative(a, b).StoreUnsafe(ref upper, i);
            Vector.MinNative(a, b).StoreUnsafe(ref lower, i);
        }
    }
}
