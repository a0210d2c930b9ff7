using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>The unit in which a row is solved: a power of two near lambda, so that nothing is lost by it.</summary>
/// <remarks>With u = x/S and v = S d the equation of a block is <c>sum of sign(u_i - d) |u_i - d|^a = W (Constant + Rate d)</c>: Constant =
/// (lambda/S)^a and Rate = 0 for the linear term, Constant = 0 and Rate = S (lambda/S)^a for the quadratic one.</remarks>
internal readonly struct PNormUnit<TPower>
    where TPower : struct, IScalarPower
{
    private readonly double _enter;
    private readonly double _leave;
    private readonly double _weightSign;
    private readonly double _strength;
    private readonly double _strengthOfSize;
    private readonly TPower _power;

    /// <param name="objective">An objective with a term.</param>
    /// <param name="order">Which way v runs: increasing v belong to -x, negated, and to -w for the linear term.</param>
    /// <param name="largest">max |x|.</param>
    /// <param name="power">The power of the objective's exponent.</param>
    public PNormUnit(IsotonicObjective objective, IsotonicOrder order, double largest, TPower power)
    {
        var linear = objective.Term == IsotonicTerm.Linear;
        (Norm, _power) = (objective.Norm, power);

        // Powers of numbers up to 10^(140/a) stay finite, and so do sums of them.
        var least = largest / PortablePower.Power(10, 140 / Math.Max(1, Norm.ResponseExponent));
        Size = PortablePower.TwoTo(Math.Max(-1000, Math.Min(PortablePower.Exponent(Math.Max(Norm.Lambda, least)), 1000)));
        var ratio = power.Raise(Norm.Lambda / Size);
        Constant = linear ? ratio : 0.0;
        Rate = linear ? 0.0 : Size * ratio;
        var sign = order == IsotonicOrder.Increasing ? -1.0 : 1.0;
        (_enter, _leave, _weightSign) = (sign / Size, sign * Size, linear ? sign : 1.0);
        _strength = Norm.Lambda / Size;
        _strengthOfSize = power.Root(Size);
    }

    public PNorm Norm { get; }

    /// <summary>S.</summary>
    public double Size { get; }

    public double Constant { get; }

    public double Rate { get; }

    /// <summary>u of an entry.</summary>
    public double Score(double x) => x * _enter;

    /// <summary>w of an entry.</summary>
    public double Weight(double w) => w * _weightSign;

    /// <summary>An entry of v from its d.</summary>
    public double Leave(double d) => d * _leave;

    /// <summary>How far the d of a block may be from v/S, v having been rounded even to 16 bits.</summary>
    public double Reach(double d) => (Math.Abs(d) / 512) + (6e-8 / Size);

    public void Enter<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<double> scores, Span<double> w)
        where T : unmanaged, INumberBase<T>
    {
        var (factor, sign) = (_enter, _weightSign);
        for (var i = 0; i < x.Length; i++)
        {
            scores[i] = double.CreateTruncating(x[i]) * factor;
            w[i] = double.CreateTruncating(weights[i]) * sign;
        }
    }

    public void Leave<T>(ReadOnlySpan<double> values, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var factor = _leave;
        for (var i = 0; i < values.Length; i++)
        {
            destination[i] = T.CreateTruncating(values[i] * factor);
        }
    }

    /// <summary>The value of an entry as a block by itself.</summary>
    public double Single(double u, double w)
    {
        var strength = _strength * _power.Root(Math.Abs(w));
        if (Rate == 0)
        {
            return u - (w < 0 ? -strength : strength);
        }

        // |u - d|^a = w Rate |d|: the knot of a regularizer of strength (w Rate)^(1/a).
        strength *= _strengthOfSize;
        if (u == 0 || strength == 0)
        {
            return u;
        }

        var knot = Knot.Of(Math.Abs(u), Norm.P, Math.Min(strength, double.MaxValue), _power);
        return u < 0 ? -knot : knot;
    }

    /// <summary>p = 2: (sum u_i - W Constant)/(m + W Rate), a block's value, is the mean of these numbers, weighted with <see cref="Factor"/>.</summary>
    public double Mean(double u, double w) => (u - (w * Constant)) / Factor(w);

    /// <summary>p = 2: the weight of an entry.</summary>
    public double Factor(double w) => 1 + (w * Rate);
}
