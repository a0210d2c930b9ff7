using SparseTopK.Torch.Functions;

namespace SparseTopK.Torch.Tests;

/// <summary>The ways to compute.</summary>
public enum ComputePath
{
    Core,
    TorchOperations,

    /// <summary>What CUDA tensors take, on CPU tensors: see <see cref="HostKernels"/>.</summary>
    Kernels,

    /// <summary>What the device of a tensor takes where nothing is forced.</summary>
    OwnOfDevice,
}

/// <summary>Until it is disposed of, calls on this thread take one path, whatever the device of the tensor.</summary>
internal sealed class OnPath : IDisposable
{
    private readonly IComputePath? _before = ComputePaths.Forced;

    public OnPath(ComputePath path) => ComputePaths.Forced = path switch
    {
        ComputePath.Core => ComputePaths.Core,
        ComputePath.TorchOperations => ComputePaths.TorchOperations,
        ComputePath.OwnOfDevice => null,
        _ => HostKernels.Path,
    };

    public void Dispose() => ComputePaths.Forced = _before;
}
