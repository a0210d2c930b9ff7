using System.Globalization;
using System.Text;
using SparseTopK.Torch.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>How sparse the weights of a model are, layer by layer.</summary>
/// <param name="Layers">The layers, in the order of the model.</param>
public sealed record SparsityReport(IReadOnlyList<LayerSparsity> Layers)
{
    private const string TotalName = "total";

    /// <summary>The layers, in the order of the model.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<LayerSparsity> Layers { get; init => field = value ?? throw new ArgumentNullException(nameof(Layers)); } =
        Layers ?? throw new ArgumentNullException(nameof(Layers));

    /// <summary>The entries of all weights together.</summary>
    public long Entries => Layers.Sum(layer => layer.Entries);

    /// <summary>How many of them are not 0.</summary>
    public long Nonzero => Layers.Sum(layer => layer.Nonzero);

    /// <summary>The share of zeros, from 0 to 1.</summary>
    public double Sparsity => new LayerSparsity(TotalName, Entries, Nonzero).Sparsity;

    /// <summary>The report of the weights that a model's layers compute with, with or without a pruner.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentNullException">model is null.</exception>
    /// <remarks>
    /// <para>It has every linear layer, every convolutional layer and every <see cref="SparseLayer"/>; of the last the sparse weight counts.
    /// Of a layer that has a pruner the raw weight counts, and the sparse one inside <see cref="MagnitudePruner.UseSparseWeights"/>.</para>
    /// <para>Cost: one pass over the weights.</para>
    /// </remarks>
    public static SparsityReport Of(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new([.. NamedModules.Of(model).Select(pair => Of(pair.Name, pair.Module)).OfType<LayerSparsity>()]);
    }

    /// <summary>A table: a line per layer and one for the total.</summary>
    public override string ToString()
    {
        var width = Layers.Max(layer => (int?)layer.Name.Length) ?? 0;
        width = Math.Max(width, TotalName.Length);
        var table = new StringBuilder();
        table.Append("layer".PadRight(width)).Append("      entries      nonzero  sparsity\n");
        foreach (var layer in Layers.Append(new LayerSparsity(TotalName, Entries, Nonzero)))
        {
            table.Append(layer.Name.PadRight(width)).Append(
                CultureInfo.InvariantCulture, $" {layer.Entries,12} {layer.Nonzero,12} {100 * layer.Sparsity,8:F2}%\n");
        }

        return table.ToString();
    }

    private static LayerSparsity? Of(string name, nn.Module module)
    {
        using var constant = no_grad();
        using var scope = NewDisposeScope();
        var weight = module switch
        {
            SparseLayer sparse => sparse.sparse_weight(),
            Linear linear => linear.weight,
            Convolution convolution => convolution.weight,
            _ => null,
        };
        return weight is null ? null : LayerSparsity.Of(name, weight);
    }
}
