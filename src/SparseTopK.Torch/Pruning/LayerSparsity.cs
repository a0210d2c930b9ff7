using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>How sparse the weight of one layer is.</summary>
/// <param name="Name">The name of the layer in the model. A model that is a layer itself has the name of its type, such as Linear.</param>
/// <param name="Entries">The entries of the weight.</param>
/// <param name="Nonzero">How many of them are not 0.</param>
public sealed record LayerSparsity(string Name, long Entries, long Nonzero)
{
    /// <summary>The name of the layer in the model.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public string Name { get; init => field = value ?? throw new ArgumentNullException(nameof(Name)); } =
        Name ?? throw new ArgumentNullException(nameof(Name));

    /// <summary>The share of zeros, from 0 to 1; 0 for a weight without entries.</summary>
    public double Sparsity => Entries == 0 ? 0 : (double)(Entries - Nonzero) / Entries;

    internal static LayerSparsity Of(string name, Tensor weight)
    {
        using var scope = NewDisposeScope();
        return new(name, weight.numel(), weight.count_nonzero().cpu().item<long>());
    }
}
