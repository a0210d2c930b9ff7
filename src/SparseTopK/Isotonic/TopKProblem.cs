using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The isotonic problem of the mask (design 2.1) or the magnitude (2.3) on a sorted row.</summary>
/// <remarks>In units of lambda around an anchor: u_i = (s_i - anchor)/lambda and v = anchor + lambda d. A block B of value d
/// solves sum over B of sign(u_i - d) |u_i - d|^a = W_B (Constant + Rate d), where W_B counts its entries among the k largest.
/// Mask: Constant = 1, Rate = 0. Magnitude: Constant = anchor, Rate = lambda, for its right side is W_B v.</remarks>
internal readonly ref struct TopKProblem(ReadOnlySpan<double> keys, ReadOnlySpan<double> scores, int k, double anchor, Equation equation)
{
    private readonly ReadOnlySpan<double> _keys = keys;
    private readonly Equation _equation = equation;

    /// <summary>The u_i, decreasing.</summary>
    public ReadOnlySpan<double> Scores { get; } = scores;

    public int K { get; } = k;

    /// <summary>a = q - 1.</summary>
    public double Exponent { get; } = equation.Norm.ResponseExponent;

    public double Constant { get; } = equation.Magnitude ? anchor : 1;

    public double Rate { get; } = equation.Magnitude ? equation.Norm.Lambda : 0;

    public double Weight(int i) => i < K ? 1 : 0;

    /// <summary>The value of entry i alone.</summary>
    public double Single(int i) => i >= K ? Scores[i]
        : !_equation.Magnitude ? Scores[i] - 1
        : Constant == 0 ? _equation.Knot(_keys[i]) / _equation.Norm.Lambda
        : Scores[i] - (_equation.Norm.Derivative(_equation.Knot(_keys[i])) / _equation.Norm.Lambda);

    /// <summary>The left side less the right side for the block [start, end) at d, its derivative in -d, and its rounding error.</summary>
    public (double Residual, double Slope, double Noise) Evaluate(int start, int end, double d)
    {
        var (sum, slope, size) = (0.0, 0.0, 0.0);
        foreach (var u in Scores[start..end])
        {
            var distance = Math.Abs(u - d);
            var power = Exponent switch { 1 => 1, 2 => distance, 3 => distance * distance, _ => Math.Pow(distance, Exponent - 1) };
            var term = (u - d) * (double.IsFinite(power) ? power : 0);
            sum += term;
            size += Math.Abs(term);
            slope += power;
        }

        var weight = (double)(Math.Min(end, K) - Math.Min(start, K));
        return (sum - (weight * (Constant + (Rate * d))), (Exponent * slope) + (weight * Rate), Rounding.Noise(size, end - start));
    }

    /// <summary>The value of the block [start, end) to full precision, by Newton's method kept inside a bracket.</summary>
    public double Root(int start, int end, double low, double high, double d)
    {
        var (lastStep, stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            var (residual, slope, noise) = Evaluate(start, end, d);
            (low, high) = residual >= 0 ? (d, high) : (low, d);
            var step = residual / slope;
            var next = d + step;
            if (Math.Abs(residual) <= noise && slope > 0 && double.IsFinite(slope))
            {
                return Math.Clamp(next, low, high);
            }

            if (!(next > low && next < high && Math.Abs(step) <= 0.5 * stepBefore && double.IsFinite(slope)))
            {
                next = (0.5 * low) + (0.5 * high);
                step = next - d;
            }

            if (!(next > low && next < high))
            {
                return residual == 0 ? d : next;
            }

            (lastStep, stepBefore) = (Math.Abs(step), lastStep);
            d = next;
        }

        return d;
    }
}
