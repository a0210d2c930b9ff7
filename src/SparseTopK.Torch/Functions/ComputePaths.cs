using SparseTopK.Torch.Cuda;
using SparseTopK.Torch.TorchOperations;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The one place that decides how a tensor is computed.</summary>
internal static class ComputePaths
{
    /// <summary>The core, on the memory of CPU tensors.</summary>
    public static IComputePath Core { get; } = new CorePath();

    /// <summary>Torch operations alone: any device, and nothing leaves it.</summary>
    public static IComputePath TorchOperations { get; } = new TorchPath();

    /// <summary>Where set, the path of every call on this thread, whatever the device.</summary>
    [field: ThreadStatic]
    public static IComputePath? Forced { get; set; }

    public static IComputePath For(Tensor x) => Forced ?? x.device_type switch
    {
        DeviceType.CPU => Core,
        DeviceType.CUDA when CudaKernels.Use != KernelUse.Never => Kernels(x.device),
        _ => TorchOperations,
    };

    /// <summary>The kernels of a device; torch operations where they cannot be had and are not required.</summary>
    public static IComputePath Kernels(Device device) => DeviceKernels.Of(device) switch
    {
        { Path: { } path } => path,
        _ when CudaKernels.Use != KernelUse.Required => TorchOperations,
        { WhyMissing: var reason } => throw new NotSupportedException($"The kernels cannot be had on {device}: {reason}"),
    };
}
