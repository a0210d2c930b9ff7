using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>What the solver says of the rows of either operator; each is [..., 1].</summary>
/// <param name="Anchor">A key near the root, or 0.</param>
/// <param name="Offset">theta - anchor.</param>
/// <param name="Width">The distance above theta from which a key is saturated.</param>
/// <param name="IsHard">Rows in which the keys from <paramref name="Least"/> up are kept whole, and the others dropped.</param>
/// <param name="Least">The smallest key that such a row keeps; infinite where it keeps none.</param>
/// <param name="Threshold">theta.</param>
/// <param name="IsInvalid">Rows with an entry, or a k, that is not admitted.</param>
internal sealed record RowRoots(
    Tensor Anchor, Tensor Offset, Tensor Width, Tensor IsHard, Tensor Least, Tensor Threshold, Tensor IsInvalid)
{
    /// <param name="keys">[..., n], n at least 1; -infinity is never chosen.</param>
    /// <param name="invalid">Rows not to be solved, [..., 1].</param>
    /// <param name="k">A number, or one per row as [...].</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="isMagnitude">Whether keys are |x|.</param>
    public static RowRoots Solve(Tensor keys, Tensor invalid, Tensor? k, TopKArguments arguments, bool isMagnitude)
    {
        var (n, norm) = (keys.size(-1), arguments.Norm);
        var counts = k is null ? invalid.Filled(arguments.K, ScalarType.Int64) : k.unsqueeze(-1);
        invalid = invalid | counts.IsBelow(0) | counts.IsAbove(n);
        keys = keys.Fill(invalid, 0);
        counts = counts.Fill(invalid, 0L);
        var sorted = keys.sort(-1, descending: true).Values;
        var kept = sorted.gather(-1, counts.Plus(-1L).Within(0, n - 1));
        var dropped = sorted.gather(-1, counts.Within(0, n - 1)).Fill(counts.IsAt(n), double.NegativeInfinity);
        var none = counts.IsAt(0);
        var all = isMagnitude ? kept.IsAbove(0).logical_not() : kept.isneginf();

        // From here on rows without an equation have harmless numbers in it.
        var least = kept.Fill(all, isMagnitude ? 0 : -Wide.Largest(kept.dtype)).Fill(none, double.PositiveInfinity);
        kept = kept.Fill(all | none, 1);
        dropped = (isMagnitude ? dropped.AtLeast(0) : dropped).Fill(all | none, 0);
        var equation = new ThresholdEquation(keys, counts.to(keys.dtype), norm, isMagnitude);
        var (gap, bottom) = isMagnitude
            ? ((kept > dropped) & (kept - dropped >= MagnitudeProduct.Width(dropped, norm)), LowestGamma(kept, norm))
            : ((kept - dropped).IsBelow(norm.Lambda).logical_not(), kept.Plus(-norm.Lambda));
        var hard = none | all | gap | invalid;
        var (anchor, offset) = RootSearch.Solve(equation, Bracket(equation, kept, bottom), hard.logical_not());
        var threshold = anchor.Plus(offset);
        var hardThreshold = (isMagnitude ? dropped.maximum(bottom) : bottom).Fill(all, isMagnitude ? 0 : double.NegativeInfinity);
        hardThreshold = hardThreshold.Fill(none, double.PositiveInfinity);
        return new(
            anchor, offset, equation.Width(threshold), hard, least, hardThreshold.where(hard, threshold).InvalidateRows(invalid), invalid);
    }

    /// <summary>A gamma at which the k-th key is saturated: u + lambda u^(p-1) is then at most half of it.</summary>
    private static Tensor LowestGamma(Tensor kept, PNorm norm)
    {
        var quarter = kept.Times(0.25);
        var response = PowerOf.Share(quarter.Times(Wide.Inverse(norm.Lambda, kept.dtype)), norm.ResponseExponent);
        return quarter.minimum(response).AtLeast(Wide.Smallest(kept.dtype));
    }

    /// <summary>The root of the mask lies less than lambda below the k-th key; that of the magnitude above 0, and its anchor is 0 where it is
    /// nearer to that.</summary>
    private static RootBracket Bracket(ThresholdEquation equation, Tensor kept, Tensor bottom)
    {
        if (!equation.IsMagnitude)
        {
            return new(kept, kept.Filled(-equation.MaskWidth), zeros_like(kept));
        }

        var half = kept.Times(0.5);
        var nearZero = equation.Evaluate(zeros_like(kept), half, equation.Width(half)).Residual.IsBelow(0);
        var anchor = kept.Fill(nearZero, 0);
        return new(anchor, bottom - anchor, kept - anchor);
    }
}
