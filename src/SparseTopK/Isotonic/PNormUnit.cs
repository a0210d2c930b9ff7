using System.Numerics;

namespace SparseTopK.Isotonic;

/// <summary>The unit in which a row is solved: a power of two near lambda, so that nothing is lost by it.</summary>
/// <remarks>With u = x/S and v = S d the equation of a block is <c>sum of sign(u_i - d) |u_i - d|^a = W (Constant + Rate d)</c>: Constant =
/// (lambda/S)^a and Rate = 0 for the linear term, Constant = 0 and Rate = S (lambda/S)^a for the quadratic one.</remarks>
internal readonly struct PNormUnit
{
    private readonly double _sign;
    private readonly double _weightSign;

    /// <param name="objective">An objective with a term.</param>
    /// <param name="order">Which way v runs: increasing v belong to -x, negated, and to -w for the linear term.</param>
    /// <param name="largest">max |x|.</param>
    public PNormUnit(IsotonicObjective objective, IsotonicOrder order, double largest)
    {
        var a = objective.Norm.ResponseExponent;
        var linear = objective.Term == IsotonicTerm.Linear;
        Norm = objective.Norm;

        // Powers of numbers up to 10^(140/a) stay finite, and so do sums of them.
        var least = largest / Math.Pow(10, 140 / Math.Max(1, a));
        Size = Math.ScaleB(1, Math.Clamp(Math.ILogB(Math.Max(objective.Norm.Lambda, least)), -1000, 1000));
        var ratio = Math.Pow(objective.Norm.Lambda / Size, a);
        (Constant, Rate) = linear ? (ratio, 0.0) : (0.0, Size * ratio);
        _sign = order == IsotonicOrder.Increasing ? -1 : 1;
        _weightSign = linear ? _sign : 1;
    }

    public PNorm Norm { get; }

    /// <summary>S.</summary>
    public double Size { get; }

    public double Constant { get; }

    public double Rate { get; }

    public void Enter<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<double> scores, Span<double> w)
        where T : unmanaged, INumberBase<T>
    {
        var factor = _sign / Size;
        for (var i = 0; i < x.Length; i++)
        {
            scores[i] = double.CreateTruncating(x[i]) * factor;
            w[i] = double.CreateTruncating(weights[i]) * _weightSign;
        }
    }

    public void Leave<T>(ReadOnlySpan<double> values, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var factor = _sign * Size;
        for (var i = 0; i < values.Length; i++)
        {
            destination[i] = T.CreateTruncating(values[i] * factor);
        }
    }

    /// <summary>The value of an entry as a block by itself.</summary>
    public double Single(double u, double w)
    {
        var strength = Norm.Lambda / Size * Norm.Root(Math.Abs(w));
        if (Rate == 0)
        {
            return u - Math.CopySign(strength, w);
        }

        // |u - d|^a = w Rate |d|: the knot of a regularizer of strength (w Rate)^(1/a).
        strength *= Norm.Root(Size);
        return u == 0 || strength == 0 ? u
            : Math.CopySign((Norm with { Lambda = Math.Min(strength, double.MaxValue) }).SaturationKnot(Math.Abs(u)), u);
    }
}
