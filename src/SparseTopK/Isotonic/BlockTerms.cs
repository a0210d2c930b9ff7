using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>The sums of the equation of a block, <c>sum of sign(u_i - d) |u_i - d|^a = W (Constant + Rate d)</c>, at one d.</summary>
/// <param name="Terms">The left side.</param>
/// <param name="Sizes">The sum of the absolute values of its terms.</param>
/// <param name="Slopes">The sum of |u_i - d|^(a-1).</param>
/// <param name="Weights">W.</param>
internal readonly record struct BlockTerms(double Terms, double Sizes, double Slopes, double Weights)
{
    /// <summary>With one entry more.</summary>
    public BlockTerms And<TPower>(double score, double weight, double d, TPower power)
        where TPower : struct, IScalarPower
    {
        var distance = score - d;
        var slope = power.Slope(Math.Abs(distance));
        var term = distance * slope;
        return new(Terms + term, Sizes + Math.Abs(term), Slopes + slope, Weights + weight);
    }

    /// <summary>The left side less the right side, its derivative in -d, and its rounding error.</summary>
    /// <param name="count">The number of entries.</param>
    /// <param name="d">Where the sums are.</param>
    /// <param name="exponent">a.</param>
    /// <param name="constant">Of the equation.</param>
    /// <param name="rate">Of the equation.</param>
    public (double Residual, double Slope, double Noise) At(int count, double d, double exponent, double constant, double rate)
    {
        var right = Weights * (constant + (rate * d));
        var slopes = exponent == 1 ? count : exponent * Slopes;
        return (Terms - right, slopes + (Weights * rate), Rounding.Noise(Sizes + Math.Abs(right), count));
    }
}
