using ILGPU;
using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Cuda;

/// <summary>The kernels, in the memory of tensors on their device: the top-k operators.</summary>
/// <remarks>Each call only queues. Its scope ends the scratch memory of the call, which libtorch reuses in the order of the stream.</remarks>
internal sealed partial class KernelPath(DeviceKernels device) : IComputePath
{
    public Tensor RowCounts(Tensor k, Tensor x) => k.to(ScalarType.Int32).to(x.device).contiguous();

    public Tensor Mask(Tensor x, Tensor? k, TopKArguments arguments)
    {
        var y = empty_like(x);
        using var scratch = NewDisposeScope();
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
        var gradient = empty_like(y);
        using var scratch = NewDisposeScope();
        var cotangent = g.Dense();
        if (y.dtype == ScalarType.Float32)
        {
            MaskVjp<float>(y, cotangent, arguments, gradient);
        }
        else
        {
            MaskVjp<double>(y, cotangent, arguments, gradient);
        }

        return gradient;
    }

    public (Tensor Z, Tensor Gamma) Magnitude(Tensor x, Tensor? k, TopKArguments arguments)
    {
        var (z, gamma) = (empty_like(x), empty(x.shape[..^1], ScalarType.Float64, x.device));
        using var scratch = NewDisposeScope();
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
        var gradient = empty_like(x);
        using var scratch = NewDisposeScope();
        var cotangent = g.Dense();
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

    private void Mask<T>(Tensor x, Tensor? k, TopKArguments a, Tensor y)
        where T : unmanaged
    {
        var (scores, mask) = (device.View<T>(x), device.View<T>(y));
        if (k is null)
        {
            device.Operators.MaskForward(scores, a.N, a.K, a.Norm, mask, stream: device.Stream);
        }
        else
        {
            device.Operators.MaskForward(scores, a.N, Rows<int>(x, k), a.Norm, mask, stream: device.Stream);
        }
    }

    private void MaskVjp<T>(Tensor y, Tensor g, TopKArguments a, Tensor gradient)
        where T : unmanaged =>
        device.Operators.MaskVjp(device.View<T>(y), device.View<T>(g), a.N, a.Norm, device.View<T>(gradient), device.Stream);

    private void Magnitude<T>(Tensor x, Tensor? k, TopKArguments a, Tensor z, Tensor gamma)
        where T : unmanaged
    {
        var (values, output, thresholds) = (device.View<T>(x), device.View<T>(z), Rows<double>(x, gamma));
        if (k is null)
        {
            device.Operators.MagnitudeForward(values, a.N, a.K, a.Norm, output, thresholds, stream: device.Stream);
        }
        else
        {
            device.Operators.MagnitudeForward(values, a.N, Rows<int>(x, k), a.Norm, output, thresholds, stream: device.Stream);
        }
    }

    private void MagnitudeVjp<T>(Tensor x, Tensor gamma, Tensor? k, Tensor g, TopKArguments a, Tensor gradient)
        where T : unmanaged
    {
        var (values, cotangent, output) = (device.View<T>(x), device.View<T>(g), device.View<T>(gradient));
        if (k is null)
        {
            device.Operators.MagnitudeVjp(values, Rows<double>(x, gamma), cotangent, a.N, a.K, a.Norm, output, device.Stream);
        }
        else
        {
            device.Operators.MagnitudeVjp(values, Rows<double>(x, gamma), cotangent, a.N, Rows<int>(x, k), a.Norm, output, device.Stream);
        }
    }

    /// <summary>One number per row; rows of no entries do not count as rows.</summary>
    private ArrayView<T> Rows<T>(Tensor x, Tensor perRow)
        where T : unmanaged => x.numel() == 0 ? ArrayView<T>.Empty : device.View<T>(perRow);
}
