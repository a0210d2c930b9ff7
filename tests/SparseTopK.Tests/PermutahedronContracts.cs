using System.Numerics;
using SparseTopK.TestKit;

namespace SparseTopK.Tests;

/// <summary>The contract of the permutahedron on the core: one class per element type.</summary>
public abstract class CorePermutahedronContract<T> : PermutahedronContract
    where T : unmanaged, INumberBase<T>
{
    protected override bool IsDouble => typeof(T) == typeof(double);

    protected override (double[] Y, int[] Order, int[] Ends) Forward(double[] x, int n, double[] w, PNorm norm)
    {
        var (y, order, ends) = (new T[x.Length], new int[x.Length], new int[x.Length]);
        Permutahedron.Forward(Core.Narrow<T>(x), n, Core.Narrow<T>(w), norm, y.AsSpan(), order, ends);
        return (Core.Widen(y), order, ends);
    }

    protected override double[] Vjp(double[] y, int[] order, int[] ends, double[] g, int n, PNorm norm)
    {
        var result = new T[y.Length];
        Permutahedron.Vjp(Core.Narrow<T>(y), order, ends, Core.Narrow<T>(g), n, norm, result.AsSpan());
        return Core.Widen(result);
    }

    protected override double[] Jvp(double[] y, int[] order, int[] ends, double[] dx, int n, PNorm norm)
    {
        var result = new T[y.Length];
        Permutahedron.Jvp(Core.Narrow<T>(y), order, ends, Core.Narrow<T>(dx), n, norm, result.AsSpan());
        return Core.Widen(result);
    }

    protected override (double[] Y, double[] Vjp) Mask(double[] x, int k, PNorm norm, double[] g)
    {
        var (y, vjp) = (new T[x.Length], new T[x.Length]);
        TopKMask.Forward(Core.Narrow<T>(x), x.Length, k, norm, y.AsSpan());
        TopKMask.Vjp(y, Core.Narrow<T>(g), x.Length, norm, vjp.AsSpan());
        return (Core.Widen(y), Core.Widen(vjp));
    }
}

public sealed class PermutahedronSingleTests : CorePermutahedronContract<float>;

public sealed class PermutahedronDoubleTests : CorePermutahedronContract<double>;
