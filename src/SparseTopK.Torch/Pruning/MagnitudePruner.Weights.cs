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
    /// <exception cref="InvalidOperationException">It is called inside <see cref="UseSparseWeights"/>.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public SparsityReport MakePermanent()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_uses > 0)
        {
            throw new InvalidOperationException($"Dispose of what {nameof(UseSparseWeights)} returned first.");
        }

        Harden();
        Dispose();
        return new([.. _layers.Select(layer => layer.Report())]);
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
                weights.AddRange(row.Zip(SparseWeights.Hard(soft, Kept(row))));
            }
        }

        weights.ForEach(weight => weight.Layer.Raw.copy_(weight.Hard));
    }

    /// <summary>Exchanges the weights of layers, unless they are in use already.</summary>
    private void Prepare(IReadOnlyList<PrunedLayer> layers)
    {
        foreach (var layer in layers)
        {
            layer.Used |= is_grad_enabled();
        }

        if (_uses == 0)
        {
            Finish(); // What an exception has left.
            Exchange(layers);
        }
    }

    private void PrepareAlone(PrunedLayer layer)
    {
        layer.Used |= is_grad_enabled();

        // A weight without a graph that is still there is what an exception in a pass without gradients has left.
        if (_uses == 0 && (!layer.IsExchanged || (is_grad_enabled() && !layer.HasGraph)))
        {
            layer.Restore();
            Exchange([layer]);
            layer.IsAlone = true;
        }
    }

    private static void FinishAlone(PrunedLayer layer)
    {
        if (layer.IsAlone)
        {
            layer.Restore();
        }
    }

    private void Finish()
    {
        if (_uses == 0)
        {
            Array.ForEach(_layers, layer => layer.Restore());
        }
    }

    private void Refresh()
    {
        if (_uses > 0)
        {
            Exchange(_layers);
        }
        else
        {
            Finish();
        }
    }

    private void Exchange(IReadOnlyList<PrunedLayer> layers)
    {
        using var scope = NewDisposeScope();

        // All are computed before the first is exchanged: an error leaves the model as it was.
        var weights = Options.Scope == PruningScope.Global
            ? Soft(_layers) is { } row ? [.. layers.Select(layer => row[Array.IndexOf(_layers, layer)])] : new Tensor?[layers.Count]
            : [.. layers.Select(layer => Soft([layer])?[0])];
        for (var i = 0; i < weights.Length; i++)
        {
            layers[i].Exchange(weights[i]);
        }
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
