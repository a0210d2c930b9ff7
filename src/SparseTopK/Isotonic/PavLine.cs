using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>Sorted keys, and the value of a block of them.</summary>
internal interface ISortedKeys
{
    int Length { get; }

    double Key(int i);

    /// <summary>The value of the block [start, end) to full precision.</summary>
    double Root(int start, int end, double low, double high, double d);
}

/// <summary>The isotonic problem of sorted keys in units of lambda around an anchor: u_i = (s_i - anchor)/lambda, v = anchor + lambda d.</summary>
internal readonly struct PavLine<TPower>
    where TPower : struct, IScalarPower
{
    /// <summary>Scores beyond this many lambda decide nothing, and their powers stay finite.</summary>
    private const double Farthest = 1e60;

    private readonly Equation<TPower> _equation;
    private readonly double _kept;

    /// <param name="kept">The k-th key, or a smaller one above the root.</param>
    /// <param name="equation">The equation.</param>
    public PavLine(double kept, Equation<TPower> equation)
    {
        (_kept, _equation) = (kept, equation);

        // Where gamma may be far below the k-th key it is its own best coordinate, and the anchor is 0.
        Anchor = equation.Magnitude && equation.Width(kept) > kept / 2 ? 0.0 : kept;
    }

    public double Anchor { get; }

    /// <summary>Of the equation of a block.</summary>
    public double Constant => _equation.Magnitude ? Anchor : 1.0;

    /// <summary>Of the equation of a block.</summary>
    public double Rate => _equation.Magnitude ? Lambda : 0.0;

    public Equation<TPower> Equation => _equation;

    private double Lambda => _equation.Magnitude ? _equation.Norm.Lambda : _equation.Width(0);

    /// <summary>u of a key.</summary>
    public double Score(double key) => Math.Max(-Farthest, Math.Min((key - Anchor) / Lambda, Farthest));

    /// <summary>The value of a key as a block by itself.</summary>
    public double Single(double key, bool isChosen)
    {
        var score = Score(key);
        if (!isChosen)
        {
            return score;
        }

        var knot = _equation.Magnitude ? _equation.Knot(key) : 0.0;
        return !_equation.Magnitude ? score - 1
            : Anchor == 0 ? knot / Lambda
            : score - _equation.Power.Root(knot);
    }

    /// <summary>The root, its last digits from the members of the k-th key's block [start, end) themselves.</summary>
    public Root RootOf<TKeys>(TKeys keys, int start, int end, double value)
        where TKeys : struct, ISortedKeys, allows ref struct
    {
        var nearZero = Anchor == 0 && _equation.Magnitude;
        var low = nearZero ? 0.0 : -_equation.Width(Anchor) / Lambda;
        var high = nearZero ? _kept / Lambda : 0.0;
        double offset, width;
        bool grows;
        do
        {
            var d = keys.Root(start, end, low, high, Math.Max(low, Math.Min(value, high)));
            offset = nearZero ? Math.Max(Lambda * d, double.Epsilon) : Lambda * d;
            width = _equation.Width(Anchor + offset);

            // A block of values far apart may have been pooled with too few digits: its neighbours are asked again.
            var growsRight = end < keys.Length && keys.Key(end) - Anchor > offset;
            var growsLeft = !growsRight && start > 0 && keys.Key(start - 1) - Anchor - offset < width;
            (start, end, grows) = (growsLeft ? start - 1 : start, growsRight ? end + 1 : end, growsLeft || growsRight);
        }
        while (grows);

        return Root.Interior(Anchor, offset, width);
    }
}
