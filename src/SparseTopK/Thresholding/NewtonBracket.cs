using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>Newton's method inside a bracket, one step at a time: whoever sums over the keys drives it, on any processor.</summary>
/// <param name="low">Not above the root,</param>
/// <param name="high">and above it,</param>
/// <param name="holds">as far as that is known.</param>
internal struct NewtonBracket(double low, double high, BracketEnds holds)
{
    /// <summary>Above the 64 bisections that exhaust the doubles, each with the Newton steps in between.</summary>
    public const int MostSteps = 400;

    /// <summary>A key this near to 0 or to saturation, in widths, may be there exactly, but for the rounding of the root.</summary>
    public const double Edge = 1e-6;

    /// <summary>How often a row is anchored: each time the bracket shrinks to the digits of the offset before.</summary>
    private const int MostAnchors = 4;

    /// <summary>An offset of more widths than this has lost digits that matter.</summary>
    private const double MostWidths = 1 << 24;

    private double _floor;
    private double _ceiling;
    private int _anchors;
    private double _lastStep = double.PositiveInfinity;
    private double _stepBefore = double.PositiveInfinity;

    /// <summary>Not above the root. Like <see cref="High"/> it is counted from the anchor.</summary>
    public double Low { get; private set; } = low;

    /// <summary>Above the root.</summary>
    public double High { get; private set; } = high;

    /// <summary>The ends at which the equation has been looked at.</summary>
    public BracketEnds Holds { get; private set; } = holds;

    /// <summary>Narrows the bracket by the value at an offset, and takes a step.</summary>
    /// <param name="equation">The equation.</param>
    /// <param name="value">Its value at the offset.</param>
    /// <param name="anchor">theta less the offset.</param>
    /// <param name="slack">A residual that small ends the search.</param>
    /// <param name="relativeStep">A step that small against the scale of theta ends it too; 0 for none.</param>
    /// <param name="offset">Where the value is of; on return where to look next, or the end of the search.</param>
    public BracketStep Advance<TPower>(
        Equation<TPower> equation, EquationValue value, double anchor, double slack, double relativeStep, ref double offset)
        where TPower : struct, IScalarPower
    {
        var rises = value.Residual >= 0;
        if (rises ? offset == High && !Has(BracketEnds.High) : offset == Low && !Has(BracketEnds.Low))
        {
            return BracketStep.Outside;
        }

        (Low, High) = rises ? (offset, High) : (Low, offset);
        Holds |= rises ? BracketEnds.Low : BracketEnds.High;
        if (Math.Abs(value.Residual) <= slack)
        {
            return BracketStep.Found;
        }

        var step = value.Residual / value.Slope;
        var next = offset + step;
        if (value.Slope is > 0 and <= double.MaxValue && (Math.Abs(step) <= relativeStep * value.Scale || Math.Abs(value.Residual) <= value.Noise))
        {
            offset = Math.Min(Math.Max(next, Low), High);
            return BracketStep.Found;
        }

        if (!(next > Low && next < High && Math.Abs(step) <= 0.5 * _stepBefore))
        {
            // An end that nothing has confirmed is looked at before the search closes in on it.
            next = next <= Low && !Has(BracketEnds.Low) ? Low
                : next >= High && !Has(BracketEnds.High) ? High
                : Midpoint(equation, Low, High, anchor);
            step = next - offset;
            if (!(next > Low && next < High) && Holds == BracketEnds.Both)
            {
                offset = Low;
                return BracketStep.Found;
            }
        }

        (_lastStep, _stepBefore) = (Math.Abs(step), _lastStep);
        offset = next;
        return BracketStep.Continue;
    }

    /// <summary>Takes a key near the root as the anchor, from which the rest of the search counts: theta = anchor + offset.</summary>
    /// <param name="equation">The equation.</param>
    /// <param name="near">A theta near the root.</param>
    /// <param name="key">The smallest key above it, or above Low where near is an end of the bracket; +infinity where there is none.</param>
    /// <param name="anchor">That key, or 0 where gamma is so small that it is its own best coordinate.</param>
    /// <param name="offset">Where to start.</param>
    public void Anchor<TPower>(Equation<TPower> equation, double near, double key, out double anchor, out double offset)
        where TPower : struct, IScalarPower
    {
        var resolved = IsInside(near);
        (_floor, _ceiling) = (Low, High);
        _anchors++;
        anchor = key > double.MaxValue || (equation.Magnitude && near < key / 2) ? 0.0 : key;

        // theta >= anchor - w, where the anchor is not above the k-th key.
        var least = resolved ? double.NegativeInfinity : -equation.Width(anchor);
        (Low, High) = (Math.Max(Low - anchor, least), High - anchor);
        (_lastStep, _stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        offset = resolved ? Math.Min(Math.Max(near - anchor, Low), High) : Low;
    }

    /// <summary>Where an interior root is so far from its anchor that it lies at another cluster of keys (the first search ended short of a
    /// plateau), counts from 0 again, wider by what rounding may have moved; a few times at most.</summary>
    /// <returns>Whether the search has to go on, from <see cref="Low"/>, with another anchor.</returns>
    public bool Release<TPower>(Equation<TPower> equation, double anchor, double offset)
        where TPower : struct, IScalarPower
    {
        var isAstray = Math.Abs(offset) > MostWidths * equation.Width(anchor + offset) && !(equation.Magnitude && anchor == 0);
        if (_anchors == MostAnchors || !isAstray)
        {
            return false;
        }

        var (low, high) = (anchor + Low, anchor + High);
        Low = Math.Max(_floor, low - ((Math.Abs(anchor) + Math.Abs(low)) * (1.0 / (1L << 50))));
        High = Math.Min(_ceiling, high + ((Math.Abs(anchor) + Math.Abs(high)) * (1.0 / (1L << 50))));
        return true;
    }

    /// <summary>The step, relative to the scale of theta, that ends a first search for a theta near the root.</summary>
    public static double NearStep<TPower>(Equation<TPower> equation)
        where TPower : struct, IScalarPower => equation.IsSteep ? 0.0 : 0.25;

    /// <summary>The step that ends the search for the last digits; see <see cref="NearStep"/>.</summary>
    public static double ExactStep<TPower>(Equation<TPower> equation)
        where TPower : struct, IScalarPower => equation.IsSteep ? 0.0 : 1e-15;

    /// <summary>Whether theta lies strictly between the ends.</summary>
    public readonly bool IsInside(double theta) => theta > Low && theta < High;

    /// <summary>Between the two: their mean, or where their ratio is large the double half-way in the order of all doubles.</summary>
    public static double Midpoint<TPower>(Equation<TPower> equation, double low, double high, double anchor)
        where TPower : struct, IScalarPower
    {
        if (equation.Magnitude ? anchor != 0 : (high - low) < 1e6 * equation.Norm.Lambda)
        {
            return (0.5 * low) + (0.5 * high);
        }

        var (a, b) = (Order(low), Order(high));
        return FromOrder((a & b) + ((a ^ b) >> 1));
    }

    /// <summary>The next double below.</summary>
    public static double NextBelow(double value) => FromOrder(Order(value) - 1);

    private readonly bool Has(BracketEnds end) => (Holds & end) != 0;

    /// <summary>The doubles' bits as integers in the doubles' own order; it is its own inverse.</summary>
    private static long Order(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private static double FromOrder(long order) => BitConverter.Int64BitsToDouble(order ^ ((order >> 63) & long.MaxValue));
}

/// <summary>The left side less k at one theta, its Newton slope, its rounding error, and the scale on which it bends.</summary>
internal readonly record struct EquationValue(double Residual, double Slope, double Noise, double Scale);

/// <summary>The ends of a bracket.</summary>
[Flags]
internal enum BracketEnds
{
    None = 0,
    Low = 1,
    High = 2,
    Both = Low | High,
}

internal enum BracketStep
{
    /// <summary>There is a next offset to look at.</summary>
    Continue,

    /// <summary>The offset is the root.</summary>
    Found,

    /// <summary>An end of the bracket does not hold: the root lies elsewhere.</summary>
    Outside,
}
