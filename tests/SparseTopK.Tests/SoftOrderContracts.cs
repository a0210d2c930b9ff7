using System.Numerics;
using SparseTopK.TestKit;

namespace SparseTopK.Tests;

/// <summary>The contract of soft ranks and sorts on the core: one class per element type.</summary>
public abstract class CoreSoftOrderContract<T> : SoftOrderContract
    where T : unmanaged, INumberBase<T>
{
    private delegate void Product(ReadOnlySpan<T> first, ReadOnlySpan<int> order, ReadOnlySpan<int> ends, ReadOnlySpan<T> v, Span<T> destination);

    protected override bool IsDouble => typeof(T) == typeof(double);

    protected override (double[] Y, int[] Order, int[] Ends) Rank(double[] x, int n, SoftOrder order)
    {
        var (y, places, ends) = (new T[x.Length], new int[x.Length], new int[x.Length]);
        SoftRank.Forward(Core.Narrow<T>(x), n, order, y.AsSpan(), places, ends);
        return (Core.Widen(y), places, ends);
    }

    protected override (double[] Y, int[] Order, int[] Ends) Sort(double[] x, int n, SoftOrder order)
    {
        var (y, places, ends) = (new T[x.Length], new int[x.Length], new int[x.Length]);
        SoftSort.Forward(Core.Narrow<T>(x), n, order, y.AsSpan(), places, ends);
        return (Core.Widen(y), places, ends);
    }

    protected override double[] RankVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        Run(x, order, ends, g, (a, o, e, v, d) => SoftRank.Vjp(a, o, e, v, n, kind, d));

    protected override double[] RankJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        Run(x, order, ends, dx, (a, o, e, v, d) => SoftRank.Jvp(a, o, e, v, n, kind, d));

    protected override double[] SortVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        Run(x, order, ends, g, (a, o, e, v, d) => SoftSort.Vjp(a, o, e, v, n, kind, d));

    protected override double[] SortJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        Run(x, order, ends, dx, (a, o, e, v, d) => SoftSort.Jvp(a, o, e, v, n, kind, d));

    private static double[] Run(double[] first, int[] order, int[] ends, double[] v, Product product)
    {
        var result = new T[first.Length];
        product(Core.Narrow<T>(first), order, ends, Core.Narrow<T>(v), result);
        return Core.Widen(result);
    }
}

public sealed class SoftOrderSingleTests : CoreSoftOrderContract<float>;

public sealed class SoftOrderDoubleTests : CoreSoftOrderContract<double>;
