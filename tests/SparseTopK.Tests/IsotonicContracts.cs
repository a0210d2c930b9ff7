using System.Numerics;
using SparseTopK.TestKit;

namespace SparseTopK.Tests;

/// <summary>The contract of isotonic regression on the core: one class per element type.</summary>
public abstract class CoreIsotonicContract<T> : IsotonicContract
    where T : unmanaged, INumberBase<T>
{
    protected override bool IsDouble => typeof(T) == typeof(double);

    protected override (double[] V, int[] Ends) Forward(double[] x, int n, double[] w, IsotonicObjective objective, IsotonicOrder order)
    {
        var (v, ends) = (new T[x.Length], new int[x.Length]);
        IsotonicRegression.Forward(Core.Narrow<T>(x), n, Core.Narrow<T>(w), objective, v.AsSpan(), ends, order);
        return (Core.Widen(v), ends);
    }

    protected override double[] Vjp(double[] x, double[] v, int[] ends, double[] g, int n, double[] w, IsotonicObjective objective) =>
        Core.Widen(IsotonicRegression.Vjp(
            Core.Narrow<T>(x), Core.Narrow<T>(v), ends, Core.Narrow<T>(g), n, Core.Narrow<T>(w), objective));

    protected override double[] Jvp(double[] x, double[] v, int[] ends, double[] dx, int n, double[] w, IsotonicObjective objective)
    {
        var result = new T[x.Length];
        IsotonicRegression.Jvp(
            Core.Narrow<T>(x), Core.Narrow<T>(v), ends, Core.Narrow<T>(dx), n, Core.Narrow<T>(w), objective, result.AsSpan());
        return Core.Widen(result);
    }
}

public sealed class IsotonicSingleTests : CoreIsotonicContract<float>;

public sealed class IsotonicDoubleTests : CoreIsotonicContract<double>;

internal static class Core
{
    public static ReadOnlySpan<T> Narrow<T>(double[] values)
        where T : INumberBase<T> => TestKit.Conformance.Cast<T>(values);

    public static double[] Widen<T>(T[] values)
        where T : INumberBase<T> => Array.ConvertAll(values, double.CreateTruncating);
}
