using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>The operator on weights: several weights together are one row.</summary>
internal static class SparseWeights
{
    /// <summary>Soft top-k in magnitude of several weights as one row, k of all their entries. Differentiable, and coupled by it.</summary>
    public static Tensor[] Soft(IReadOnlyList<Tensor> weights, long k, double lambda, double p, TopKSolver solver)
    {
        using var scope = NewDisposeScope();
        var row = Row(weights);
        var arguments = TopKArguments.Check(row, k, lambda, p, -1, solver);

        // Forward passes that share the weights have a backward pass each.
        return Split(
            Along.Dimension(row, -1, x => new TopKMagnitudeOperator(ComputePaths.For(x), arguments, null) { IsRetained = true }), weights);
    }

    /// <summary>Refuses NaN and infinity: the operator turns their whole row into NaN, and no entry of it is the largest.</summary>
    /// <param name="layer">The name of the layer that has the weight.</param>
    /// <param name="weight">The weight.</param>
    /// <exception cref="InvalidOperationException">An entry is not finite. The exception names the layer.</exception>
    public static void CheckFinite(string layer, Tensor weight)
    {
        using var scope = NewDisposeScope();
        if (weight.isfinite().logical_not().count_nonzero().cpu().item<long>() is > 0 and var count)
        {
            throw new InvalidOperationException(
                $"The weight of the layer '{layer}' has {count} entries that are NaN or infinite. Nothing has changed.");
        }
    }

    /// <summary>The k entries of largest magnitude of several finite tensors together, and exactly 0 elsewhere: k of them, whatever the ties.</summary>
    public static Tensor[] Hard(IReadOnlyList<Tensor> weights, long k)
    {
        using var scope = NewDisposeScope();
        var row = Row(weights);
        var kept = row.abs().topk(checked((int)k), sorted: false).indexes;
        return Split(zeros_like(row).index_copy_(0, kept, row.index_select(0, kept)), weights);
    }

    // The row is a copy always, and the backward pass reads it. So an optimizer may step in place before that; were it the weight
    // itself, autograd would notice, but an error inside the backward pass of a TorchSharp function ends the process.
    private static Tensor Row(IReadOnlyList<Tensor> weights) => weights.Count == 1
        ? weights[0].reshape(-1).clone() // TorchSharp's cat of one tensor is the tensor.
        : cat([.. weights.Select(weight => weight.reshape(-1))]);

    // Into the scope outside the caller's. One split has one backward pass, of O(n); so many slices would have as many.
    private static Tensor[] Split(Tensor row, IReadOnlyList<Tensor> like)
    {
        var parts = like.Count == 1 ? [row] : row.split([.. like.Select(weight => weight.numel())], 0L);
        return [.. parts.Zip(like, (part, weight) => part.reshape(weight.shape).MoveToOuterDisposeScope())];
    }
}
