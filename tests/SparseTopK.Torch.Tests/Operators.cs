using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The two operators, on tensors and in the core.</summary>
public enum TopKOperator
{
    Mask,
    Magnitude,
}

internal static class Operators
{
    public static Tensor Apply(
        this TopKOperator op, Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        op == TopKOperator.Mask
            ? Functional.topk_mask(x, k, lambda, p, dim, solver)
            : Functional.topk_magnitude(x, k, lambda, p, dim, solver);

    public static Tensor Apply(this TopKOperator op, Tensor x, Tensor k, double lambda, double p = 2, long dim = -1) =>
        op == TopKOperator.Mask ? Functional.topk_mask(x, k, lambda, p, dim) : Functional.topk_magnitude(x, k, lambda, p, dim);

    /// <summary>The core on rows of n entries.</summary>
    public static T[] Core<T>(this TopKOperator op, T[] x, int n, int k, PNorm norm, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var y = new T[x.Length];
        if (op == TopKOperator.Mask)
        {
            TopKMask.Forward<T>(x, n, k, norm, y, solver);
        }
        else
        {
            TopKMagnitude.Forward<T>(x, n, k, norm, y, new double[x.Length / n], solver);
        }

        return y;
    }

    /// <summary>The core's gradient on rows of n entries.</summary>
    public static T[] CoreVjp<T>(this TopKOperator op, T[] x, T[] g, int n, int k, PNorm norm)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var (y, thresholds, gradient) = (new T[x.Length], new double[x.Length / n], new T[x.Length]);
        if (op == TopKOperator.Mask)
        {
            TopKMask.Forward<T>(x, n, k, norm, y);
            TopKMask.Vjp<T>(y, g, n, norm, gradient);
        }
        else
        {
            TopKMagnitude.Forward<T>(x, n, k, norm, y, thresholds);
            TopKMagnitude.Vjp<T>(x, thresholds, g, n, k, norm, gradient);
        }

        return gradient;
    }

    /// <summary>The entries in row-major order.</summary>
    public static T[] Entries<T>(Tensor x)
        where T : unmanaged
    {
        using var rows = x.detach().contiguous();
        return rows.data<T>().ToArray();
    }

    /// <summary>Normal numbers, the same for a seed.</summary>
    public static Tensor Normal(int seed, ScalarType type, params long[] shape)
    {
        using var generator = new Generator((ulong)seed);
        return randn(shape, type, generator: generator);
    }
}
