using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Products with the Jacobians of isotonic regressions over a batch.</summary>
internal static class BlockProductPass
{
    /// <param name="x">rows x n entries.</param>
    /// <param name="v">The solution.</param>
    /// <param name="blockEnds">Its blocks.</param>
    /// <param name="direction">The cotangent, or the tangent where <paramref name="forward"/>.</param>
    /// <param name="directionName">Its name.</param>
    /// <param name="n">Entries of a row.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="destination">As long as x.</param>
    /// <param name="forward">Whether it is the JVP.</param>
    public static unsafe void Run<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> direction, string directionName, int n,
        ReadOnlySpan<T> weights, IsotonicObjective objective, Span<T> destination, bool forward)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        var isNative = Guard.IsNative<T>();
        Guard.Length(v.Length, x.Length, nameof(v));
        Guard.Length(direction.Length, x.Length, directionName);
        Guard.Weights(weights, x.Length, n, objective.Term);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.BlockEnds(blockEnds, x.Length, n);
        Guard.Overlap(x, destination);
        Guard.Overlap(v, destination);
        Guard.Overlap(direction, destination);
        Guard.NoOverlap(weights, destination);
        Guard.NoOverlap(blockEnds, destination);
        Guard.Scratch(n, 4);
        if (!isNative)
        {
            using var wideX = new Widening<T>(x);
            using var wideV = new Widening<T>(v);
            using var wideDirection = new Widening<T>(direction);
            using var wideWeights = new Widening<T>(weights);
            var result = wideDirection.Values;
            Run(wideX.Values, wideV.Values, blockEnds, result, directionName, n, wideWeights.Values, objective, result, forward);
            wideDirection.NarrowFiniteTo(destination);
            return;
        }

        fixed (T* source = x, solution = v, d = direction, w = weights, target = destination)
        fixed (int* ends = blockEnds)
        {
            var step = weights.Length == x.Length ? n : 0;
            Rows.ForEachBlock(rows, n, new BlockProductRows<T>(source, solution, ends, d, n, w, step, objective, target, forward));
        }
    }
}

/// <summary>A block of rows of the products.</summary>
internal readonly unsafe struct BlockProductRows<T>(
    T* x, T* v, int* blockEnds, T* direction, int n, T* weights, int weightStep, IsotonicObjective objective, T* destination, bool forward)
    : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        var (weighted, general) = (weights == null ? 0 : n, objective.Term == IsotonicTerm.None ? 0 : n);
        using var scratch = new Scratch<double>(n + weighted + (2 * general));
        var product = scratch.Take(n);
        var found = new BlockShares(objective, scratch.Take(weighted), scratch.Take(general), scratch.Take(general));
        for (var row = start; row < start + length; row++)
        {
            var offset = (long)row * n;
            var target = new Span<T>(destination + offset, n);
            var ends = new ReadOnlySpan<int>(blockEnds + offset, n);
            if (ends[0] == 0)
            {
                target.Fill(T.CreateTruncating(double.NaN));
                continue;
            }

            var w = weights == null ? [] : new ReadOnlySpan<T>(weights + ((long)row * weightStep), n);
            var shares = found.Find(new ReadOnlySpan<T>(x + offset, n), new ReadOnlySpan<T>(v + offset, n), w, ends);
            Multiply(new(direction + offset, n), shares, ends, product, target);
        }
    }

    /// <summary>Sums are rarely out of range: in a second try the direction has headroom.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Multiply(ReadOnlySpan<T> d, ReadOnlySpan<double> shares, ReadOnlySpan<int> ends, Span<double> product, Span<T> target)
    {
        TensorPrimitives.ConvertTruncating(d, product);
        if (!BlockAverage.Apply(product, shares, ends, transposed: !forward, FiniteRange.Largest<T>()))
        {
            TensorPrimitives.ConvertTruncating(d, product);
            var headroom = FiniteRange.Enter<T>(product);
            BlockAverage.Apply(product, shares, ends, transposed: !forward);
            FiniteRange.Leave<T>(product, headroom);
        }

        TensorPrimitives.ConvertTruncating<double, T>(product, target);
    }
}
