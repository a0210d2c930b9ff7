using TorchSharp;

namespace SparseTopK.Torch.Tests;

/// <summary>A test that needs native libtorch: skipped, with the reason, where it cannot be loaded.</summary>
/// <remarks>
/// This project references the managed TorchSharp alone. Where it finds no native library (elsewhere that is a package of its
/// own, TorchSharp-cpu or one for CUDA; it may also be on the system's library path), the tests are skipped, never passed.
/// </remarks>
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = NativeTorch.Missing;
}

/// <inheritdoc cref="TorchFactAttribute"/>
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = NativeTorch.Missing;
}

internal static class NativeTorch
{
    /// <summary>Why libtorch cannot be used, or null.</summary>
    public static string? Missing { get; } = Load();

    private static string? Load()
    {
        try
        {
            using var one = torch.ones(1);
            return null;
        }
#pragma warning disable CA1031 // Whatever the loader throws is the reason.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"libtorch cannot be loaded: {error.GetBaseException().Message.Split('\n')[0]}";
        }
    }
}
