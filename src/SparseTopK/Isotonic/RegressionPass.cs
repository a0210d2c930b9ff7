using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Isotonic regression over a batch.</summary>
internal static class RegressionPass
{
    public static unsafe void Run<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, IsotonicObjective objective, Span<T> destination, Span<int> blockEnds,
        IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        var isNative = Guard.IsNative<T>();
        Guard.Weights(weights, x.Length, n, objective.Term);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(blockEnds.Length, blockEnds.IsEmpty ? 0 : x.Length, nameof(blockEnds));
        Guard.Defined(order, nameof(order));
        Guard.Scratch(n, objective.Term == IsotonicTerm.None ? 1 : 4);
        Guard.Overlap(x, destination);
        Guard.NoOverlap(weights, destination);
        Guard.NoOverlap(x, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(weights, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(destination, blockEnds, nameof(blockEnds));
        if (!isNative)
        {
            RunWidened(x, n, weights, objective, destination, blockEnds, order);
            return;
        }

        fixed (T* source = x, w = weights, target = destination)
        fixed (int* ends = blockEnds)
        {
            var step = weights.Length == x.Length ? n : 0;
            Rows.ForEachBlock(rows, n, new RegressionRows<T>(source, n, w, step, objective, target, ends, order));
        }
    }

    private static void RunWidened<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, IsotonicObjective objective, Span<T> destination, Span<int> blockEnds,
        IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        using var wide = new Widening<T>(x);
        using var wideWeights = new Widening<T>(weights);
        Run(wide.Values, n, wideWeights.Values, objective, wide.Values, blockEnds, order);
        wide.NarrowTo(destination);
    }
}

/// <summary>A block of rows.</summary>
internal readonly unsafe struct RegressionRows<T>(
    T* x, int n, T* weights, int weightStep, IsotonicObjective objective, T* destination, int* blockEnds, IsotonicOrder order) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        for (var row = start; row < start + length; row++)
        {
            var offset = (long)row * n;
            var w = weights == null ? [] : new ReadOnlySpan<T>(weights + ((long)row * weightStep), n);
            var ends = blockEnds == null ? [] : new Span<int>(blockEnds + offset, n);
            Solve(new(x + offset, n), w, new(destination + offset, n), ends);
        }
    }

    private void Solve(ReadOnlySpan<T> source, ReadOnlySpan<T> w, Span<T> target, Span<int> ends)
    {
        if (!Stretch.IsFinite(source))
        {
            target.Fill(T.CreateTruncating(double.NaN));
            Blocks.WriteInvalid(ends);
        }
        else if (objective.Term == IsotonicTerm.None)
        {
            LeastSquaresRow.Solve(source, w, target, ends, order);
        }
        else
        {
            PNormRow.Solve(source, w, target, ends, objective, order);
        }
    }
}

/// <summary>Least squares of one row, with its blocks.</summary>
internal static class LeastSquaresRow
{
    public static void Solve<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> destination, Span<int> ends, IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var factor = Factor(order, typeof(T) == typeof(double) ? Stretch.Largest(x) : 0);
        if (factor != 1)
        {
            TensorPrimitives.Multiply(x, T.CreateTruncating(factor), destination);
            x = destination;
        }

        using var scratch = new Scratch<Pool>((x.Length / 2) + 1);
        var pools = scratch.Take((x.Length / 2) + 1);
        pools = pools[..new LeastSquares<T>(x, weights, Stretch.UnitOf(weights)).Solve(pools)];
        if (!ends.IsEmpty)
        {
            Blocks.Write(pools, ends);
        }

        Write(x, pools, destination);
        if (factor != 1)
        {
            TensorPrimitives.Multiply(destination, T.CreateTruncating(1 / factor), destination);
        }
    }

    /// <summary>A power of two, or its negative: x times it is solved. An increasing solution is a decreasing one of -x, negated.</summary>
    /// <param name="order">Which way the solution runs.</param>
    /// <param name="largest">max |x|.</param>
    public static double Factor(IsotonicOrder order, double largest) =>
        (order == IsotonicOrder.Increasing ? -1.0 : 1.0) * FiniteRange.Headroom(largest);

    private static void Write<T>(ReadOnlySpan<T> x, ReadOnlySpan<Pool> pools, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var inPlace = x.Overlaps(destination);
        var place = 0;
        foreach (var pool in pools)
        {
            if (!inPlace && pool.Start > place)
            {
                x[place..pool.Start].CopyTo(destination[place..]);
            }

            destination[pool.Start..pool.End].Fill(T.CreateTruncating(pool.Value));
            place = pool.End;
        }

        if (!inPlace)
        {
            x[place..].CopyTo(destination[place..]);
        }
    }
}
