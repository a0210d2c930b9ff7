using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

internal static class Tokens
{
    /// <summary>Which tokens are padding.</summary>
    public static Tensor Padding(params bool[] padding) => tensor(padding);
}
