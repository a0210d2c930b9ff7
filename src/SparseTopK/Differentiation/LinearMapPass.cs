using System.Buffers;
using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Differentiation;

/// <summary>Products with the Jacobians of a batch of rows: VJP and JVP of both operators.</summary>
internal static class LinearMapPass
{
    /// <param name="point">y (mask) or x (magnitude): rows of n entries.</param>
    /// <param name="direction">The cotangent or the tangent.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="n">Entries of a row.</param>
    /// <param name="thresholds">The certificate of each row, or empty.</param>
    /// <param name="k">One number for all rows, one per row, or empty.</param>
    /// <param name="jacobian">The Jacobian, not yet at a row.</param>
    /// <param name="destination">As long as point.</param>
    public static unsafe void Run<T, TJacobian>(
        ReadOnlySpan<T> point, ReadOnlySpan<T> direction, int rows, int n, ReadOnlySpan<double> thresholds, ReadOnlySpan<int> k,
        TJacobian jacobian, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        Guard.Overlap(point, destination);
        Guard.Overlap(direction, destination);
        Guard.NoOverlap(thresholds, destination);
        Guard.NoOverlap(k, destination);
        if (!Guard.IsNative<T>())
        {
            using var points = new Widening<T>(point);
            using var directions = new Widening<T>(direction);
            Run<float, TJacobian>(points.Values, directions.Values, rows, n, thresholds, k, jacobian, directions.Values);
            directions.NarrowFiniteTo(destination);
            return;
        }

        fixed (T* p = point, d = direction, target = destination)
        fixed (double* certificates = thresholds)
        fixed (int* counts = k)
        {
            var step = k.Length == 1 ? 0 : 1;
            Rows.ForEachBlock(rows, n, new MapRows<T, TJacobian>(p, d, n, certificates, counts, step, jacobian, target));
        }
    }
}

/// <summary>A block of rows.</summary>
internal readonly unsafe struct MapRows<T, TJacobian>(
    T* point, T* direction, int n, double* thresholds, int* k, int kStep, TJacobian jacobian, T* destination) : IStretch
    where T : unmanaged, INumberBase<T>
    where TJacobian : struct, IJacobian<TJacobian>
{
    /// <summary>Rows shorter than this are mapped where they stand.</summary>
    private const int GatherFrom = 256;

    public void Invoke(int index, int start, int length)
    {
        if (n <= LaneMap<T, TJacobian>.Longest)
        {
            new LaneMap<T, TJacobian>(point, direction, n, thresholds, k, kStep, jacobian, destination).Invoke(start, length);
            return;
        }

        for (var row = start; row < start + length; row++)
        {
            var local = jacobian.ForRow(thresholds == null ? 0 : thresholds[row], k == null ? 0 : k[row * kStep]);
            var offset = (long)row * n;
            if (local.IsCoarse)
            {
                LinearMap.MapEach(new ReadOnlySpan<T>(point + offset, n), new(direction + offset, n), local, new(destination + offset, n));
            }
            else if (n < GatherFrom)
            {
                MapRow(new(point + offset, n), new(direction + offset, n), local, new(destination + offset, n));
            }
            else
            {
                MapLongRow(offset, local);
            }
        }
    }

    private static void MapRow(ReadOnlySpan<T> p, ReadOnlySpan<T> d, in TJacobian local, Span<T> target)
    {
        var totals = LinearMap.Reduce(p, d, local);
        if (totals.IsNaN || local.IsInvalid)
        {
            target.Fill(T.CreateTruncating(double.NaN));
            return;
        }

        LinearMap.Apply(p, d, local, local.Couple(totals), target);
    }

    private void MapLongRow(long offset, TJacobian local)
    {
        var chunks = Rows.ChunksOf(n);
        var room = chunks * GatheredChunk.Room(Math.Min(n, Rows.Chunk));
        var parts = ArrayPool<GatheredChunk>.Shared.Rent(chunks);
        var indices = ArrayPool<int>.Shared.Rent(room);
        var entries = ArrayPool<T>.Shared.Rent(2 * room);
        try
        {
            fixed (GatheredChunk* part = parts)
            fixed (int* place = indices)
            fixed (T* entry = entries)
            {
                var work = new MapChunk<T, TJacobian>(point + offset, direction + offset, destination + offset, local, part, place, entry);
                Rows.ForEachChunk(n, work);
                var totals = default(Totals);
                for (var i = 0; i < chunks; i++)
                {
                    totals += part[i].Totals;
                }

                Rows.ForEachChunk(n, work.Writing(local.Couple(totals), totals.IsNaN || local.IsInvalid));
            }
        }
        finally
        {
            ArrayPool<T>.Shared.Return(entries);
            ArrayPool<int>.Shared.Return(indices);
            ArrayPool<GatheredChunk>.Shared.Return(parts);
        }
    }
}
