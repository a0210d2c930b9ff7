using SparseTopK.Internals;

namespace SparseTopK;

/// <summary>The regularizer of every operator: R(y) = (lambda / p) * ||y||_p^p, and what follows from it.</summary>
/// <param name="P">The exponent p &gt; 1. Two are common: 2 (piecewise linear) and 4/3 (smooth).</param>
/// <param name="Lambda">The strength lambda &gt; 0, in the units of the input for the mask, and of the input to the
/// power 2 - p for the magnitude: at p = 2 a pure number, with entries kept whole from gamma (1 + lambda) upwards. The smaller, the closer the operator is to hard top-k; as it grows, the choice spreads over more entries.</param>
/// <remarks>
/// <para>With a = 1/(p-1): R'(y) = lambda * y^(p-1), and its inverse, the derivative of the convex conjugate R*, is
/// t -&gt; (t/lambda)^a. Every operator is built from these two.</para>
/// <para>Far from 2 the operators are ill conditioned: for p above 10 or below 1.001, or lambda above 1e300, an entry moves by much more than
/// rounding where the threshold moves by its last digit. Entries stay in range and gradients finite, but a mask's sum may miss k.</para>
/// <para>An instance is immutable and safe to share. <c>default(PNorm)</c> is no regularizer: the operators refuse it.</para>
/// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
/// </remarks>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="P"/> is not a finite number above 1, or
/// <paramref name="Lambda"/> is not a finite number above 0.</exception>
public readonly record struct PNorm(double P, double Lambda)
{
    /// <summary>The exponent p.</summary>
    public double P
    {
        get;
        init => (field, ResponseExponent) = (CheckExponent(value, nameof(P)), ExponentOf(value));
    } = CheckExponent(P, nameof(P));

    /// <summary>The strength lambda.</summary>
    public double Lambda { get; init => field = CheckStrength(value, nameof(Lambda)); } = CheckStrength(Lambda, nameof(Lambda));

    /// <summary>a = 1/(p-1), the exponent of the response to a score: 1 for p = 2, 3 for p = 4/3.</summary>
    /// <remarks>A value that rounding alone keeps from 1, 2 or 3 is that integer: p = 4.0/3 gives 3 exactly.</remarks>
    public double ResponseExponent { get; private init; } = ExponentOf(P);

    /// <summary>The dual exponent q = p/(p-1), with 1/p + 1/q = 1.</summary>
    public double DualExponent => ResponseExponent + 1;

    /// <summary>p = 2: piecewise linear operators, the cheapest.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lambda"/> is not a finite number above 0.</exception>
    public static PNorm Quadratic(double lambda) => new(2, CheckStrength(lambda, nameof(lambda)));

    /// <summary>p = 4/3: the mask enters its support smoothly.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lambda"/> is not a finite number above 0.</exception>
    public static PNorm Smooth(double lambda) => new(4.0 / 3.0, CheckStrength(lambda, nameof(lambda)));

    /// <summary>R'(y) = lambda * y^(p-1) for y &gt;= 0: how far above the threshold a score must be to be given y.</summary>
    public double Derivative(double y) => Lambda * Root(y);

    /// <summary>(R*)'(t) = (max(t, 0)/lambda)^a: what a score that is t above the threshold is given.</summary>
    public double ConjugateDerivative(double t) => Raise(Math.Max(t, 0) / Lambda, ResponseExponent);

    /// <summary>sign(u) |u|^a: the response to a score u lambda above the threshold, or below it.</summary>
    internal double Respond(double u) => Math.CopySign(Raise(Math.Abs(u), ResponseExponent), u);

    /// <summary>(R*)''(t) = (a/lambda) * (t/lambda)^(a-1) for t &gt; 0, else 0.</summary>
    public double ConjugateSecondDerivative(double t) =>
        t > 0 ? ResponseExponent / Lambda * Raise(t / Lambda, ResponseExponent - 1) : 0;

    /// <summary>The root u of u + R'(u) = s for s &gt; 0, rounded so that u + R'(u) &lt;= s: where a magnitude s is just kept whole.</summary>
    /// <remarks>Equivalently ((s - u)/lambda)^a = u, the gamma of a row whose k-th magnitude s stands apart from the next.</remarks>
    internal double SaturationKnot(double s) => ResponseExponent switch
    {
        1 => SaturationKnot(s, default(FirstPower)),
        2 => SaturationKnot(s, default(SecondPower)),
        3 => SaturationKnot(s, default(ThirdPower)),
        var a => SaturationKnot(s, new RealPower(a)),
    };

    /// <param name="s">The magnitude.</param>
    /// <param name="power">The power of this exponent.</param>
    /// <inheritdoc cref="SaturationKnot(double)"/>
    internal double SaturationKnot<TPower>(double s, TPower power)
        where TPower : struct, IScalarPower => Isotonic.Knot.Of(s, P, Lambda, power);

    /// <summary>y^(p-1) = R'(y)/lambda for y &gt;= 0.</summary>
    internal double Root(double y) => ResponseExponent switch
    {
        1 => default(FirstPower).Root(y),
        2 => default(SecondPower).Root(y),
        3 => default(ThirdPower).Root(y),
        var a => new RealPower(a).Root(y),
    };

    private static double ExponentOf(double p)
    {
        var a = 1 / (p - 1);
        var nearest = Math.Round(a);
        return nearest is 1 or 2 or 3 && Math.Abs(a - nearest) <= 1e-14 * nearest ? nearest : a;
    }

    private static double Raise(double v, double exponent) => exponent switch
    {
        0 => 1,
        1 => v,
        2 => v * v,
        3 => v * v * v,
        _ => Math.Pow(v, exponent),
    };

    private static double CheckExponent(double p, string name) => p > 1 && double.IsFinite(p)
        ? p
        : throw new ArgumentOutOfRangeException(name, p, "The exponent p must be a finite number above 1.");

    private static double CheckStrength(double lambda, string name) => lambda > 0 && double.IsFinite(lambda)
        ? lambda
        : throw new ArgumentOutOfRangeException(name, lambda, "The strength lambda must be a finite number above 0.");
}
