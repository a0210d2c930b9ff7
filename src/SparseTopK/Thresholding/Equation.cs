namespace SparseTopK.Thresholding;

/// <summary>The scalar equation of one operator: over its keys s, sum_i min(((s_i - theta)_+ / w)^a, 1) = k.</summary>
/// <remarks>
/// Mask (design 2.2): the keys are x, theta = tau and w = R'(1) = lambda.
/// Magnitude (design 2.3): the keys are |x|, theta = gamma &gt; 0 and w = R'(gamma), since
/// c_i/gamma = ((s_i - gamma)/lambda)^a / gamma = ((s_i - gamma)/R'(gamma))^a.
/// The left side decreases in theta, and the largest root is wanted.
/// </remarks>
internal readonly struct Equation(PNorm norm, bool magnitude)
{
    /// <summary>Below it a width is taken for it, so that its inverse is finite.</summary>
    public const double LeastWidth = 1e-300;

    public PNorm Norm { get; } = norm;

    public bool Magnitude { get; } = magnitude;

    /// <summary>Keys at or below this are never chosen.</summary>
    public double LeastKey => Magnitude ? 0 : double.NegativeInfinity;

    public double Width(double theta) => Math.Max(Magnitude ? Norm.Derivative(theta) : Norm.Lambda, LeastWidth);

    /// <summary>The distance over which the left side changes: a step far below it changes nothing.</summary>
    public double Scale(double theta, double width) => Magnitude ? Math.Min(theta, width) : width;

    /// <summary>The largest theta at which the key s is saturated.</summary>
    public double Knot(double s) => Magnitude ? Norm.SaturationKnot(s) : s - Norm.Lambda;

    /// <summary>Whether keys down to <paramref name="kept"/> can be kept whole and those from <paramref name="dropped"/> on dropped.</summary>
    public bool IsGap(double kept, double dropped) =>
        kept > dropped && kept - dropped >= (Magnitude ? Norm.Derivative(dropped) : Norm.Lambda);

    /// <summary>The hard solution that keeps keys down to <paramref name="kept"/>.</summary>
    public Root Hard(double kept) => Root.Hard(kept, Knot(kept));

    /// <summary>k = 0: nothing is kept, and theta may be as large as one likes.</summary>
    public static Root KeepNone() => Root.Hard(double.PositiveInfinity, double.PositiveInfinity);

    /// <summary>Fewer than k keys to choose from: all are kept, at any theta; the equation has no root.</summary>
    public Root KeepAll() => Magnitude ? Root.Hard(0, 0) : Root.Hard(double.MinValue, double.NegativeInfinity);
}
