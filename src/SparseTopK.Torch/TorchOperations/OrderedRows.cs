using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Soft ranks and soft sorts of many rows: the projection of decreasing scores on the permutahedron of decreasing weights.</summary>
internal sealed class OrderedRows
{
    private readonly OrderArguments _arguments;
    private readonly double _scale;

    /// <param name="x">[..., n].</param>
    /// <param name="arguments">The operator.</param>
    public OrderedRows(Tensor x, OrderArguments arguments)
    {
        (_arguments, _scale) = (arguments, Wide.Inverse(arguments.Order.Lambda, x.dtype));
        Invalid = (arguments.IsRank ? x.isnan() | x.isposinf() : x.isfinite().logical_not()).any(-1, keepdim: true);
        (var keys, Permutation) = x.Fill(Invalid, 0).Times(arguments.Sign).sort(-1, descending: true, stable: true);
        var n = x.size(-1);
        var places = x.Places(n + 1).narrow(0, 1, n).flip(0).to(x.dtype).expand_as(x);
        var masked = keys.isinf();
        (Scores, Weights) = arguments.IsRank ? (keys.Fill(masked, 0), places) : (places, keys);
        Starts = FindBlocks(masked, keys);
        Output = SharedAt(masked).where(masked, Project());
    }

    /// <summary>Rows that are not admitted, [..., 1].</summary>
    public Tensor Invalid { get; }

    /// <summary>The places of the entries in decreasing order of Sign * x.</summary>
    public Tensor Permutation { get; }

    public Tensor Scores { get; }

    public Tensor Weights { get; }

    /// <summary>The blocks.</summary>
    public Tensor Starts { get; }

    /// <summary>The projection, in order.</summary>
    public Tensor Output { get; }

    /// <summary>An entry by itself has the value s - w; masked entries stand at one end, and are never pooled.</summary>
    private Tensor FindBlocks(Tensor masked, Tensor keys)
    {
        var single = keys.where(masked, NearScores(masked) - Weights);
        return _arguments.IsEntropic
            ? HalfPooling.Solve(single, Weights, new LogMeanPooling())
            : HalfPooling.Solve(single, ones_like(single), new MeanPooling());
    }

    /// <summary>Scores of the same blocks, from 0 down: neighbours that are further apart than all weights are never pooled, and are brought as
    /// near as twice that. So a weight is not lost next to a large score.</summary>
    private Tensor NearScores(Tensor masked)
    {
        var n = Scores.size(-1);
        if (n == 1)
        {
            return zeros_like(Scores);
        }

        var widest = Weights.Fill(masked, double.NegativeInfinity).amax([-1], keepdim: true)
            - Weights.Fill(masked, double.PositiveInfinity).amin([-1], keepdim: true);
        var gaps = (Scores.narrow(-1, 0, n - 1) - Scores.narrow(-1, 1, n - 1)).Times(_scale).minimum(widest.Times(2));
        gaps = gaps.Fill(masked.narrow(-1, 0, n - 1) | masked.narrow(-1, 1, n - 1), 0);
        return cat([zeros_like(gaps.narrow(-1, 0, 1)), gaps.cumsum(-1)], -1).neg();
    }

    /// <summary>y = s - A(s) + A(w) over each block, all measured from its first entry.</summary>
    private Tensor Project()
    {
        var (score, weight) = (Blocks.First(Scores, Starts), Blocks.First(Weights, Starts));
        var (above, beside) = ((Scores - score).Times(_scale), Weights - weight);
        var size = Blocks.Sum(ones_like(above), Starts);
        var (scoreOffset, weightOffset) = _arguments.IsEntropic
            ? (Blocks.Sum(above.exp(), Starts).log(), Blocks.Sum(beside.exp(), Starts).log())
            : (Blocks.Sum(above, Starts) / size, Blocks.Sum(beside, Starts) / size);
        var y = Weights.where(size.IsAt(1), weight.Plus(weightOffset.Plus(above - scoreOffset)));

        // In order, whatever rounding did.
        return y.minimum(weight).cummin(-1).values;
    }

    /// <summary>What masked entries share: A of the weights at their places.</summary>
    private Tensor SharedAt(Tensor masked)
    {
        var (marks, count) = (masked.to(Weights.dtype), masked.to(Weights.dtype).RowSum());
        if (!_arguments.IsEntropic)
        {
            return (Weights * marks).RowSum() / count;
        }

        var largest = Weights.Fill(masked.logical_not(), double.NegativeInfinity).amax([-1], keepdim: true);
        return largest.Plus((((Weights - largest).AtMost(0).exp() * marks).RowSum() / count).log());
    }
}
