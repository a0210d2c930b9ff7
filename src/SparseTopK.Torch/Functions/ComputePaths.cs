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

    public static IComputePath For(Tensor x) => Forced ?? (x.device_type == DeviceType.CPU ? Core : TorchOperations);
}
