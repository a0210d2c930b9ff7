using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Products with the Jacobian of an isotonic regression, in differentiable torch operations.</summary>
internal static class RegressionProduct
{
    /// <summary>c_i/(sum over B of c_j + E) sum over B of g_j; the sum as |B| times the mean, which is finite.</summary>
    /// <param name="x">The values.</param>
    /// <param name="v">The solution.</param>
    /// <param name="weights">The weights, or null.</param>
    /// <param name="starts">The blocks.</param>
    /// <param name="values">The solution before it was rounded to v, where it is known.</param>
    /// <param name="g">The gradient of v.</param>
    /// <param name="arguments">The objective.</param>
    public static Tensor Vjp(
        Tensor x, Tensor v, Tensor? weights, Tensor starts, Tensor? values, Tensor g, RegressionArguments arguments)
    {
        if (x.numel() == 0)
        {
            return zeros_like(x);
        }

        var invalid = Blocks.InvalidRows(starts);
        var blocks = starts.AtLeast(0);
        var wide = x.Widen().Fill(invalid, 0);
        var w = weights is null ? ones_like(wide) : weights.to(wide.dtype).expand_as(wide);
        var (norm, term) = (arguments.Objective.Norm, arguments.Objective.Term);
        var shares = term == IsotonicTerm.None ? w * w.Unit() : Slopes(wide, Solution(v, values).Fill(invalid, 0), blocks, norm);
        var total = Blocks.Sum(shares, blocks);
        if (term == IsotonicTerm.Quadratic)
        {
            total = total.Plus(Blocks.Sum(w, blocks));
        }

        var none = total.IsAt(0);
        var size = Blocks.Sum(ones_like(wide), blocks);
        var product = (shares.Fill(none, 1) * (size / total.Fill(none, 1)).Fill(none, 1)) * Blocks.Mean(g.to(wide.dtype), blocks);
        return product.InvalidateRows(invalid).Narrow(x.dtype);
    }

    /// <summary>v with the digits that rounding took from it.</summary>
    private static Tensor Solution(Tensor v, Tensor? values) =>
        values is null ? v.Widen() : v.Widen().Plus(values - v.detach().Widen());

    /// <summary>c_i = a |x_i - v|^(a-1)/lambda^a, a = q - 1. Where a &lt; 1 and x_i = v, those entries alone count.</summary>
    private static Tensor Slopes(Tensor x, Tensor v, Tensor blocks, PNorm norm)
    {
        var a = norm.ResponseExponent;
        if (a == 1)
        {
            return x.Filled(Wide.Inverse(norm.Lambda, x.dtype));
        }

        var distance = (x - v).abs().Times(Wide.Inverse(norm.Lambda, x.dtype));
        var still = distance.IsAt(0);
        var slopes = PowerOf.Positive(distance.Fill(still, 1), a - 1).Times(a).Times(Wide.Inverse(norm.Lambda, x.dtype)).AtMost(Wide.LargestSlope(x.dtype));
        if (a > 1)
        {
            return slopes.Fill(still, 0);
        }

        var counts = still.to(x.dtype);
        return slopes.Fill(Blocks.Sum(counts, blocks).IsAbove(0), 0).Plus(counts.Times(Wide.LargestSlope(x.dtype)));
    }
}
