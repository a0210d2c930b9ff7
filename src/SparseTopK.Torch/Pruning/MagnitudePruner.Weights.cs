using SparseTopK.Torch.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

public partial class MagnitudePruner
{
    /// <summary>Makes the zeros permanent, and detaches: the layers are plain layers again, with exactly as many entries as the sparsity leaves.</summary>
    /// <returns>How sparse the weights now are.</returns>
    /// <remarks>
    /// <para>Of the sparse weights z of this step the k largest in magnitude stay, and become the raw weights, in place: the parameter
    /// objects and the state of the optimizer stay too. Where z has no more than k entries other than 0 (that is so once lambda is small) the
    /// model computes what it computed before. Fewer than k are left where the raw weights have fewer.</para>
    /// <para>k is that of <see cref="StepCount"/>: let the schedule reach its end first. Training on may bring pruned entries back.</para>
    /// </remarks>
    /// <exception cref="InvalidOperationException">It is called inside <see cref="UseSparseWeights"/>, or while another thread is in a
    /// forward pass; or a weight that would be pruned has NaN or infinite entries (the exception names its layer). Nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public SparsityReport MakePermanent()
    {
        lock (_gate)
        {
            CheckUsable();
            if (_uses > 0)
            {
                throw new InvalidOperationException($"Dispose of what {nameof(UseSparseWeights)} returned first.");
            }

            Leave();
            Harden();
            Dispose();
            return new([.. _layers.Select(layer => layer.Report())]);
        }
    }

    private void Harden()
    {
        using var constant = no_grad();
        using var scope = NewDisposeScope();

        // All are computed before the first is written.
        var weights = new List<(PrunedLayer Layer, Tensor Hard)>();
        foreach (var row in Options.Scope == PruningScope.Global ? [_layers] : _layers.Select(layer => new[] { layer }))
        {
            if (Soft(row) is { } soft)
            {
                Array.ForEach(row, layer => SparseWeights.CheckFinite(layer.Name, layer.Raw));
                weights.AddRange(row.Zip(SparseWeights.Hard(soft, Kept(row))));
            }
        }

        weights.ForEach(weight => weight.Layer.Raw.copy_(weight.Hard));
    }

    /// <summary>The sparse weight of each layer, or null where nothing is pruned.</summary>
    private Tensor?[] SparseWeightsOf(IReadOnlyList<PrunedLayer> layers)
    {
        if (Options.Scope == PruningScope.PerLayer)
        {
            return [.. layers.Select(layer => Soft([layer])?[0])];
        }

        return Soft(_layers) is { } row ? [.. layers.Select(layer => row[Array.IndexOf(_layers, layer)])] : new Tensor?[layers.Count];
    }

    /// <summary>The sparse weights of layers that are one row, or null where nothing is pruned.</summary>
    private Tensor[]? Soft(PrunedLayer[] row)
    {
        var k = Kept(row);
        if (k == row.Sum(layer => layer.Raw.numel()))
        {
            return null;
        }

        var weights = row.Select(layer => layer.Raw).ToArray();
        if (weights.FirstOrDefault(weight => PlaceOf(weight) != PlaceOf(weights[0])) is { } other)
        {
            throw new InvalidOperationException(
                $"Global pruning needs weights of one type on one device: {weights[0].dtype} on {weights[0].device} and {other.dtype} on {other.device}.");
        }

        return SparseWeights.Soft(weights, k, Lambda, Options.P, Options.Solver);
    }

    private static (ScalarType, DeviceType, int) PlaceOf(Tensor weight) => (weight.dtype, weight.device_type, weight.device_index);

    private long Kept(PrunedLayer[] row) => TopKSettings.Kept(
        (Options.LayerSparsity?.GetValueOrDefault(row[0].Name) ?? Options.Sparsity).At(StepCount), row.Sum(layer => layer.Raw.numel()));
}
