using System.Numerics;
using SparseTopK.TestKit;

namespace SparseTopK.Tests;

/// <summary>The contract on the core: one class per element type and solver.</summary>
public abstract class CoreContract<T>(TopKSolver solver) : TopKContract
    where T : unmanaged, INumberBase<T>
{
    protected override bool IsDouble => typeof(T) == typeof(double);

    protected override int LongestGeneral => solver == TopKSolver.Pav ? 300 : int.MaxValue;

    protected override double LargestRatio => solver == TopKSolver.Pav ? 1e60 : double.PositiveInfinity;

    protected override double[] MaskForward(double[] x, int n, int k, PNorm norm)
    {
        var y = new T[x.Length];
        TopKMask.Forward<T>(Narrow(x), n, k, norm, y, solver);
        return Widen(y);
    }

    protected override double[] MaskVjp(double[] y, double[] g, int n, PNorm norm)
    {
        var result = new T[y.Length];
        TopKMask.Vjp<T>(Narrow(y), Narrow(g), n, norm, result);
        return Widen(result);
    }

    protected override double[] MaskJvp(double[] y, double[] dx, int n, PNorm norm)
    {
        var result = new T[y.Length];
        TopKMask.Jvp<T>(Narrow(y), Narrow(dx), n, norm, result);
        return Widen(result);
    }

    protected override (double[] Z, double[] Thresholds) MagnitudeForward(double[] x, int n, int k, PNorm norm)
    {
        var (z, thresholds) = (new T[x.Length], new double[n == 0 ? 0 : x.Length / n]);
        TopKMagnitude.Forward<T>(Narrow(x), n, k, norm, z, thresholds, solver);
        return (Widen(z), thresholds);
    }

    protected override double[] MagnitudeVjp(double[] x, double[] thresholds, double[] g, int n, int k, PNorm norm)
    {
        var result = new T[x.Length];
        TopKMagnitude.Vjp<T>(Narrow(x), thresholds, Narrow(g), n, k, norm, result);
        return Widen(result);
    }

    protected override double[] MagnitudeJvp(double[] x, double[] thresholds, double[] dx, int n, int k, PNorm norm)
    {
        var result = new T[x.Length];
        TopKMagnitude.Jvp<T>(Narrow(x), thresholds, Narrow(dx), n, k, norm, result);
        return Widen(result);
    }

    private static T[] Narrow(double[] values) => TestKit.Conformance.Cast<T>(values);

    private static double[] Widen(T[] values) => Array.ConvertAll(values, double.CreateTruncating);
}

public sealed class ThresholdSingleTests() : CoreContract<float>(TopKSolver.Threshold);

public sealed class ThresholdDoubleTests() : CoreContract<double>(TopKSolver.Threshold);

public sealed class PavSingleTests() : CoreContract<float>(TopKSolver.Pav);

public sealed class PavDoubleTests() : CoreContract<double>(TopKSolver.Pav);
