using System.Numerics;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The core, in the memory of CPU tensors: the top-k operators.</summary>
internal sealed partial class CorePath : IComputePath
{
    public Tensor RowCounts(Tensor k, Tensor x) => k.to(ScalarType.Int32).cpu().Dense();

    public Tensor Mask(Tensor x, Tensor? k, TopKArguments arguments)
    {
        var y = empty_like(x);
        if (x.dtype == ScalarType.Float32)
        {
            Mask<float>(x, k, arguments, y);
        }
        else
        {
            Mask<double>(x, k, arguments, y);
        }

        return y;
    }

    public Tensor MaskVjp(Tensor y, Tensor g, TopKArguments arguments)
    {
        var (cotangent, gradient) = (g.Dense(), empty_like(y));
        if (y.dtype == ScalarType.Float32)
        {
            TopKMask.Vjp<float>(y.Span<float>(), cotangent.Span<float>(), arguments.N, arguments.Norm, gradient.Span<float>());
        }
        else
        {
            TopKMask.Vjp<double>(y.Span<double>(), cotangent.Span<double>(), arguments.N, arguments.Norm, gradient.Span<double>());
        }

        return gradient;
    }

    public (Tensor Z, Tensor Gamma) Magnitude(Tensor x, Tensor? k, TopKArguments arguments)
    {
        var (z, gamma) = (empty_like(x), empty(x.shape[..^1], ScalarType.Float64, x.device));
        if (x.dtype == ScalarType.Float32)
        {
            Magnitude<float>(x, k, arguments, z, gamma);
        }
        else
        {
            Magnitude<double>(x, k, arguments, z, gamma);
        }

        return (z, gamma);
    }

    public Tensor MagnitudeVjp(Tensor x, Tensor gamma, Tensor? k, Tensor g, TopKArguments arguments)
    {
        var (cotangent, gradient) = (g.Dense(), empty_like(x));
        if (x.dtype == ScalarType.Float32)
        {
            MagnitudeVjp<float>(x, gamma, k, cotangent, arguments, gradient);
        }
        else
        {
            MagnitudeVjp<double>(x, gamma, k, cotangent, arguments, gradient);
        }

        return gradient;
    }

    private static void Mask<T>(Tensor x, Tensor? k, TopKArguments a, Tensor y)
        where T : unmanaged, INumberBase<T>
    {
        if (k is null)
        {
            TopKMask.Forward<T>(x.Span<T>(), a.N, a.K, a.Norm, y.Span<T>(), a.Solver);
        }
        else
        {
            TopKMask.Forward<T>(x.Span<T>(), a.N, Counts(x, k), a.Norm, y.Span<T>(), default, a.Solver);
        }
    }

    private static void Magnitude<T>(Tensor x, Tensor? k, TopKArguments a, Tensor z, Tensor gamma)
        where T : unmanaged, INumberBase<T>
    {
        if (k is null)
        {
            TopKMagnitude.Forward<T>(x.Span<T>(), a.N, a.K, a.Norm, z.Span<T>(), Rows(x, gamma), a.Solver);
        }
        else
        {
            TopKMagnitude.Forward<T>(x.Span<T>(), a.N, Counts(x, k), a.Norm, z.Span<T>(), Rows(x, gamma), a.Solver);
        }
    }

    private static void MagnitudeVjp<T>(Tensor x, Tensor gamma, Tensor? k, Tensor g, TopKArguments a, Tensor gradient)
        where T : unmanaged, INumberBase<T>
    {
        if (k is null)
        {
            TopKMagnitude.Vjp<T>(x.Span<T>(), Rows(x, gamma), g.Span<T>(), a.N, a.K, a.Norm, gradient.Span<T>());
        }
        else
        {
            TopKMagnitude.Vjp<T>(x.Span<T>(), Rows(x, gamma), g.Span<T>(), a.N, Counts(x, k), a.Norm, gradient.Span<T>());
        }
    }

    private static Span<int> Counts(Tensor x, Tensor k) => x.numel() == 0 ? [] : k.Span<int>();

    /// <summary>One number per row; rows of no entries do not count as rows.</summary>
    private static Span<double> Rows(Tensor x, Tensor gamma) => x.numel() == 0 ? [] : gamma.Span<double>();
}
