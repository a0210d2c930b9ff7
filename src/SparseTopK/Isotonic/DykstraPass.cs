using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Dykstra's algorithm over a batch.</summary>
internal static class DykstraPass
{
    public static unsafe void Run<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, Span<T> destination, Span<DykstraResult> results, DykstraOptions options,
        IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        var isNative = Guard.IsNative<T>();
        Guard.Weights(weights, x.Length, n, IsotonicTerm.None);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(results.Length, rows, nameof(results));
        Guard.Defined(order, nameof(order));
        Guard.Scratch(n, 8);
        Guard.Overlap(x, destination);
        Guard.NoOverlap(weights, destination);
        Guard.NoOverlap(x, results, nameof(results));
        Guard.NoOverlap(weights, results, nameof(results));
        Guard.NoOverlap(destination, results, nameof(results));
        if (!isNative)
        {
            using var wide = new Widening<T>(x);
            using var wideWeights = new Widening<T>(weights);
            Run<float>(wide.Values, n, wideWeights.Values, wide.Values, results, options, order);
            wide.NarrowTo(destination);
            return;
        }

        fixed (T* source = x, w = weights, target = destination)
        fixed (DykstraResult* reports = results)
        {
            var step = weights.Length == x.Length ? n : 0;
            Rows.ForEachBlock(
                rows, n, new DykstraRows<T>(source, n, w, step, target, reports, options.Tolerance, options.MaxHalfSweeps, order));
        }
    }
}

/// <summary>A block of rows.</summary>
internal readonly unsafe struct DykstraRows<T>(
    T* x, int n, T* weights, int weightStep, T* destination, DykstraResult* results, double tolerance, int most, IsotonicOrder order) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        var weighted = weights == null ? 0 : n;
        using var scratch = new Scratch<double>(n + weighted + HalfSweeps.ScratchFor(n));
        var v = scratch.Take(n);
        var w = scratch.Take(weighted);
        var rest = scratch.Take(HalfSweeps.ScratchFor(n));
        for (var row = start; row < start + length; row++)
        {
            if (weights != null)
            {
                TensorPrimitives.ConvertTruncating(new ReadOnlySpan<T>(weights + ((long)row * weightStep), n), w);
                TensorPrimitives.Multiply(w, Stretch.UnitOf<double>(w), w);
            }

            var offset = (long)row * n;
            results[row] = Solve(new(x + offset, n), v, w, rest);
            TensorPrimitives.ConvertTruncating<double, T>(v, new Span<T>(destination + offset, n));
        }
    }

    /// <summary>Solves a row; the residual is in units of its spread.</summary>
    private DykstraResult Solve(ReadOnlySpan<T> row, Span<double> v, ReadOnlySpan<double> w, Span<double> scratch)
    {
        if (!Stretch.IsFinite(row))
        {
            v.Fill(double.NaN);
            return new(0, double.NaN, true);
        }

        TensorPrimitives.ConvertTruncating(row, v);
        var (low, high) = (TensorPrimitives.Min<double>(v), TensorPrimitives.Max<double>(v));
        if (low == high)
        {
            return new(0, 0, true);
        }

        var (scale, unit) = SpreadUnit.Of(low, high, order);
        TensorPrimitives.Multiply(v, scale, v);
        var result = HalfSweeps.Solve(v, w, tolerance * unit, most, scratch);
        TensorPrimitives.Divide(v, scale, v);
        return result with { Residual = result.Residual / unit };
    }
}

/// <summary>The unit in which Dykstra's algorithm works on a row: a power of two near its spread, so that an entry that is left alone
/// comes back as it was.</summary>
/// <param name="Scale">What entries are multiplied with; below 0 for an increasing solution.</param>
/// <param name="Spread">max x - min x in that unit: the residual is measured in it.</param>
internal readonly record struct SpreadUnit(double Scale, double Spread)
{
    /// <param name="low">The smallest entry.</param>
    /// <param name="high">The largest, above it.</param>
    /// <param name="order">Which way the solution runs.</param>
    public static SpreadUnit Of(double low, double high, IsotonicOrder order)
    {
        var halfSpread = Math.Max((high / 2) - (low / 2), double.Epsilon);
        var scale = PortablePower.TwoTo(Math.Max(-1000, Math.Min(-PortablePower.Exponent(halfSpread), 1000)));
        return new(order == IsotonicOrder.Increasing ? -scale : scale, 2 * (halfSpread * scale));
    }
}
