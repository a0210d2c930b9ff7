using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The scalar equation of one operator: over its keys s, sum_i min(((s_i - theta)_+ / w)^a, 1) = k.</summary>
/// <remarks>
/// Mask (design 2.2): the keys are x, theta = tau and w = R'(1) = lambda.
/// Magnitude (design 2.3): the keys are |x|, theta = gamma &gt; 0 and w = R'(gamma), since
/// c_i/gamma = ((s_i - gamma)/lambda)^a / gamma = ((s_i - gamma)/R'(gamma))^a.
/// The left side decreases in theta, and the largest root is wanted.
/// </remarks>
internal readonly struct Equation<TPower>(PNorm norm, bool magnitude, TPower power)
    where TPower : struct, IScalarPower
{
    /// <summary>Below it a width is taken for it, so that its inverse is finite.</summary>
    public const double LeastWidth = 1e-300;

    /// <summary>The mask's width. Every bound of its root counts with it, so that the root lies within its bracket for any lambda.</summary>
    public double MaskWidth => Math.Max(Norm.Lambda, LeastWidth);

    public PNorm Norm { get; } = norm;

    public bool Magnitude { get; } = magnitude;

    public TPower Power { get; } = power;

    /// <summary>a &lt; 1 (p &gt; 2): the left side falls without bound next to a key, so that a small step does not say that the root is near.</summary>
    public bool IsSteep => Norm.ResponseExponent < 1;

    /// <summary>Keys at or below this are never chosen.</summary>
    public double LeastKey => Magnitude ? 0.0 : double.NegativeInfinity;

    /// <summary>A theta below every key of the mask that saturates all of them, or the least of the magnitude.</summary>
    /// <param name="smallest">The smallest key.</param>
    /// <remarks>It is rounded down: rounded up, as where lambda is a few units in the last place of the key, it might lie above the root.</remarks>
    public double Lowest(double smallest) => Magnitude
        ? double.Epsilon
        : Math.Max(double.MinValue, NewtonBracket.NextBelow(Math.Max(double.MinValue, smallest - MaskWidth)));

    public double Width(double theta) => Magnitude ? Math.Max(Derivative(theta), LeastWidth) : MaskWidth;

    /// <summary>Keys from here up are saturated at every theta below <paramref name="high"/>, however the sum is rounded.</summary>
    public double Cut(double high) => Cut(high, Width(high));

    /// <param name="high">The bound.</param>
    /// <param name="width">Its width.</param>
    /// <inheritdoc cref="Cut(double)"/>
    public static double Cut(double high, double width)
    {
        var saturation = high + width;
        return saturation + (Math.Abs(saturation) * (1.0 / (1L << 51)));
    }

    /// <summary>The distance over which the left side changes: a step far below it changes nothing.</summary>
    public double Scale(double theta, double width) => Magnitude ? Math.Min(theta, width) : width;

    /// <summary>d/dtheta of cap (left side - k), over cap, where cap = 1 (mask) or theta (magnitude): exact steps at p = 2.</summary>
    /// <param name="slopes">sum of v^(a-1) over the free keys.</param>
    /// <param name="kappa">k less the number saturated.</param>
    /// <param name="theta">Where.</param>
    /// <param name="width">Its width.</param>
    public double Slope(double slopes, double kappa, double theta, double width) =>
        (Norm.ResponseExponent * slopes / width) + (Magnitude ? kappa / theta : 0.0);

    /// <summary>The largest theta at which the key s is saturated.</summary>
    public double Knot(double s) => Magnitude ? Norm.SaturationKnot(s, Power) : s - MaskWidth;

    /// <summary>Whether keys down to <paramref name="kept"/> can be kept whole and those from <paramref name="dropped"/> on dropped.</summary>
    public bool IsGap(double kept, double dropped) =>
        kept > dropped && kept - dropped >= (Magnitude ? Derivative(dropped) : Norm.Lambda);

    /// <summary>The hard solution that keeps keys down to <paramref name="kept"/>.</summary>
    public Root Hard(double kept) => Root.Hard(kept, Knot(kept));

    /// <summary>Fewer than k keys to choose from: all are kept, at any theta; the equation has no root.</summary>
    public Root KeepAll() => Magnitude ? Root.Hard(0, 0) : Root.Hard(double.MinValue, double.NegativeInfinity);

    private double Derivative(double theta) => Norm.Lambda * Power.Root(theta);
}
