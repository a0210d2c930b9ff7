using System.Numerics;

namespace SparseTopK.TestKit;

/// <summary>How far an implementation is from one golden case, in units of the tolerance: above 1 it fails.</summary>
/// <param name="Forward">The worst entry of y.</param>
/// <param name="Vjp">The worst entry of the VJP; null where it is not compared (a kink, or too near to one).</param>
/// <param name="ForwardError">The worst error of y, over its scale.</param>
/// <param name="VjpError">The worst error of the VJP, over max |vjp|.</param>
public readonly record struct Deviation(double Forward, double? Vjp, double ForwardError, double VjpError);

/// <summary>Runs the core's operators on golden cases.</summary>
public static class Conformance
{
    /// <summary>Measures one case of a known operator.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="solver">How the mask and the magnitude find their threshold; the other operators have no choice.</param>
    public static Deviation Measure<T>(GoldenCase golden, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
    {
        var (y, vjp) = golden.Op switch
        {
            "mask" => Mask<T>(golden, solver),
            "mag" => Magnitude<T>(golden, solver),
            "soft_rank" => Rank<T>(golden),
            "soft_sort" => Sort<T>(golden),
            _ => Isotonic<T>(golden),
        };
        var forwardError = WorstError(y, golden.Y, Tolerance.Scale(golden));
        var forward = forwardError / Tolerance.Forward<T>(golden);
        if (golden.Vjp is null || (golden.Margin ?? double.PositiveInfinity) <= Tolerance.LeastMargin)
        {
            return new Deviation(forward, null, forwardError, 0);
        }

        var largest = Tolerance.Largest(golden.Vjp);
        var vjpError = WorstError(vjp, golden.Vjp, Array.ConvertAll(golden.Vjp, _ => largest));
        return new Deviation(forward, vjpError / Tolerance.Vjp<T>(golden), forwardError, vjpError);
    }

    public static T[] Cast<T>(double[] values)
        where T : INumberBase<T> => Array.ConvertAll(values, T.CreateTruncating);

    private static (T[] Y, T[] Vjp) Mask<T>(GoldenCase golden, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
    {
        var (x, g, n) = (Cast<T>(golden.X), Cast<T>(golden.G), golden.X.Length);
        var (y, vjp) = (new T[n], new T[n]);
        TopKMask.Forward<T>(x, n, golden.K!.Value, golden.Norm, y, solver);
        TopKMask.Vjp<T>(y, g, n, golden.Norm, vjp);
        return (y, vjp);
    }

    private static (T[] Y, T[] Vjp) Magnitude<T>(GoldenCase golden, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
    {
        var (x, g, n) = (Cast<T>(golden.X), Cast<T>(golden.G), golden.X.Length);
        var (y, vjp, thresholds) = (new T[n], new T[n], new double[1]);
        TopKMagnitude.Forward<T>(x, n, golden.K!.Value, golden.Norm, y, thresholds, solver);
        TopKMagnitude.Vjp<T>(x, thresholds, g, n, golden.K!.Value, golden.Norm, vjp);
        return (y, vjp);
    }

    private static (T[] Y, T[] Vjp) Isotonic<T>(GoldenCase golden)
        where T : unmanaged, INumberBase<T>
    {
        var (x, w, g, n) = (Cast<T>(golden.X), Cast<T>(golden.W!), Cast<T>(golden.G), golden.X.Length);
        var v = IsotonicRegression.Forward<T>(x, n, w, golden.Objective, out var blockEnds);
        return (v, IsotonicRegression.Vjp<T>(x, v, blockEnds, g, n, w, golden.Objective));
    }

    private static (T[] Y, T[] Vjp) Rank<T>(GoldenCase golden)
        where T : unmanaged, INumberBase<T>
    {
        var (x, g, n) = (Cast<T>(golden.X), Cast<T>(golden.G), golden.X.Length);
        var (y, vjp, permutation, blockEnds) = (new T[n], new T[n], new int[n], new int[n]);
        SoftRank.Forward<T>(x, n, golden.Order, y, permutation, blockEnds);
        SoftRank.Vjp<T>(y, permutation, blockEnds, g, n, golden.Order, vjp);
        return (y, vjp);
    }

    private static (T[] Y, T[] Vjp) Sort<T>(GoldenCase golden)
        where T : unmanaged, INumberBase<T>
    {
        var (x, g, n) = (Cast<T>(golden.X), Cast<T>(golden.G), golden.X.Length);
        var (y, vjp, permutation, blockEnds) = (new T[n], new T[n], new int[n], new int[n]);
        SoftSort.Forward<T>(x, n, golden.Order, y, permutation, blockEnds);
        SoftSort.Vjp<T>(x, permutation, blockEnds, g, n, golden.Order, vjp);
        return (y, vjp);
    }

    /// <summary>max |actual - expected| / |scale|; any difference where the scale is 0, and any NaN, is infinite.</summary>
    private static double WorstError<T>(T[] actual, double[] expected, double[] scale)
        where T : INumberBase<T>
    {
        var worst = 0.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs(double.CreateTruncating(actual[i]) - expected[i]);
            error = error == 0 ? 0 : error / Math.Abs(scale[i]);
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }
}
