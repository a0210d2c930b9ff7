using SparseTopK.Torch.Functions;

namespace SparseTopK.Torch.Tests;

/// <summary>The two ways to compute.</summary>
public enum ComputePath
{
    Core,
    TorchOperations,
}

/// <summary>Until it is disposed of, calls on this thread take one path, whatever the device of the tensor.</summary>
internal sealed class OnPath : IDisposable
{
    private readonly IComputePath? _before = ComputePaths.Forced;

    public OnPath(ComputePath path) =>
        ComputePaths.Forced = path == ComputePath.Core ? ComputePaths.Core : ComputePaths.TorchOperations;

    public void Dispose() => ComputePaths.Forced = _before;
}
