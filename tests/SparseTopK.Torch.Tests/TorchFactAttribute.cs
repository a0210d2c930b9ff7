using TorchSharp;

namespace SparseTopK.Torch.Tests;

/// <summary>A test that needs native libtorch: skipped, with the reason, where it cannot be loaded.</summary>
/// <remarks>
/// The project references the libtorch package of the machine that builds. Where the system cannot load it (its C or C++ library is
/// too old, or not of GNU), the tests are skipped, never passed.
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
