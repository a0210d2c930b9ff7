using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Isotonic regression of many rows, every objective.</summary>
internal static class RegressionRows
{
    /// <summary>Which weights the objective admits.</summary>
    public static Tensor Admitted(Tensor weights, IsotonicObjective objective) => objective.Term switch
    {
        IsotonicTerm.None => weights.isfinite() & weights.IsAbove(0),
        IsotonicTerm.Quadratic => weights.isfinite() & weights.IsBelow(0).logical_not(),
        _ => weights.isfinite(),
    };

    /// <summary>The solution and the starts of its blocks.</summary>
    /// <param name="x">[..., n], finite.</param>
    /// <param name="weights">As x, admitted.</param>
    /// <param name="arguments">The objective and the order.</param>
    public static (Tensor Values, Tensor Starts) Solve(Tensor x, Tensor weights, RegressionArguments arguments)
    {
        var (term, norm) = (arguments.Objective.Term, arguments.Objective.Norm);
        if (arguments.Order == IsotonicOrder.Increasing)
        {
            // Increasing solutions belong to -x, negated, and to -w for the linear term.
            var mirrored = Solve(
                x.neg(), term == IsotonicTerm.Linear ? weights.neg() : weights, arguments with { Order = IsotonicOrder.Decreasing });
            return (mirrored.Values.neg(), mirrored.Starts);
        }

        return (term, norm.P) switch
        {
            (IsotonicTerm.None, _) => LeastSquares(x, weights),
            (IsotonicTerm.Linear, 2) => LeastSquares(x - weights.Times(norm.Lambda), ones_like(x)),
            (IsotonicTerm.Quadratic, 2) => LeastSquares(x / weights.Times(norm.Lambda).Plus(1), weights.Times(norm.Lambda).Plus(1)),
            _ => PNormPooling.Solve(x, weights, norm, term == IsotonicTerm.Quadratic),
        };
    }

    /// <summary>In units in which sums and products of the row are finite.</summary>
    private static (Tensor Values, Tensor Starts) LeastSquares(Tensor x, Tensor weights)
    {
        var unit = x.Unit();
        var (scaled, w) = (x * unit, weights * weights.Unit());
        var starts = HalfPooling.Solve(scaled, w, new MeanPooling());
        var first = Blocks.First(scaled, starts);
        var single = Blocks.Sum(ones_like(x), starts).IsAt(1);
        var mean = first.Plus(Blocks.Sum((scaled - first) * w, starts) / Blocks.Sum(w, starts)) / unit;

        // Blocks that are tied but for rounding may be out of order by that rounding.
        return (x.where(single, mean).cummin(-1).values, starts);
    }
}
