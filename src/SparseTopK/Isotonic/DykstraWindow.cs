using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The least-squares problem of the sorted keys around the k-th (design 2.4), p = 2: which of them it needs, their start and
/// their weights, and what its solution says of the root.</summary>
/// <param name="kept">The k-th key.</param>
/// <param name="next">The next one.</param>
/// <param name="equation">The equation.</param>
internal readonly struct DykstraWindow<TPower>(double kept, double next, Equation<TPower> equation)
    where TPower : struct, IScalarPower
{
    // The root lies between the knot of the k-th key and the next key: what is saturated or dropped at both of them is left out.
    private readonly double _low = equation.Knot(kept);
    private readonly double _saturation = next + equation.Width(next);

    public bool IsSaturated(double key) => key > _saturation;

    public bool IsDropped(double key) => key < _low;

    /// <summary>The weight of one of the k largest keys, or of another.</summary>
    public double Weight(bool isChosen) => equation.Magnitude && isChosen ? 1.0 + equation.Norm.Lambda : 1.0;

    /// <summary>Where an entry starts, in units of the k-th key (magnitude) or of lambda around it (mask).</summary>
    public double Start(double key, bool isChosen) => equation.Magnitude
        ? key / kept / Weight(isChosen)
        : ((key - kept) / equation.Norm.Lambda) - (isChosen ? 1.0 : 0.0);

    /// <summary>The root from the k-th and the next entry of the solution: their middle where their block is not one value yet.</summary>
    public Root RootOf(double left, double right)
    {
        var value = (equation.Magnitude ? kept : equation.Norm.Lambda) * ((left + right) / 2);
        var offset = equation.Magnitude ? value - kept : value;
        offset = Math.Max(_low - kept, Math.Min(offset, next - kept));
        return Root.Interior(kept, offset, equation.Width(kept + offset));
    }
}
