using System.Globalization;
using System.Text;
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

    /// <summary>The report of a model's weights as they are, with or without a pruner: every linear and every convolutional layer.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentNullException">model is null.</exception>
    /// <remarks>Cost: one pass over the weights.</remarks>
    public static SparsityReport Of(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new([.. PrunedLayer.Find(model, null).Select(layer => layer.Report())]);
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
}
