using static TorchSharp.torch;

namespace SparseTopK.Benchmarks.All.Torch;

/// <summary>Whether libtorch can be loaded on this system.</summary>
internal static class NativeTorch
{
    /// <summary>Why it cannot, or null.</summary>
    public static string? Missing { get; } = Load();

    private static string? Load()
    {
        try
        {
            using var one = ones(1);
            return null;
        }
        catch (Exception error)
        {
            return error.GetBaseException().Message.Split('\n')[0];
        }
    }
}
