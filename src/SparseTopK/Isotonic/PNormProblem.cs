using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>The isotonic problems of a p-norm regularizer (design 2.1 and 2.3) in float64 and in a unit of its own.</summary>
/// <remarks>A block B of value d solves <c>sum over B of sign(u_i - d) |u_i - d|^a = W (Constant + Rate d)</c>, W = sum over B of
/// w_i, a = q - 1. In units of lambda around an anchor, u_i = (s_i - anchor)/lambda and v = anchor + lambda d: Constant = 1 and
/// Rate = 0 for the linear term, Constant = anchor and Rate = lambda for the quadratic one.</remarks>
internal readonly ref struct PNormProblem<TPower>(
    ReadOnlySpan<double> scores, ReadOnlySpan<double> weights, ReadOnlySpan<double> singles, TPower power, double exponent,
    double constant, double rate)
    where TPower : struct, IPower
{
    private readonly TPower _power = power;

    /// <summary>The u_i.</summary>
    public ReadOnlySpan<double> Scores { get; } = scores;

    /// <summary>The w_i.</summary>
    public ReadOnlySpan<double> Weights { get; } = weights;

    /// <summary>The value of each entry as a block by itself.</summary>
    public ReadOnlySpan<double> Singles { get; } = singles;

    /// <summary>a = q - 1.</summary>
    public double Exponent { get; } = exponent;

    public double Constant { get; } = constant;

    public double Rate { get; } = rate;

    /// <summary>The left side less the right side for the block [start, end) at d, its derivative in -d, and its rounding error.</summary>
    public (double Residual, double Slope, double Noise) Evaluate(int start, int end, double d)
    {
        var (terms, sizes, slopes, weights) = (Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero, Vector<double>.Zero);
        var i = start;
        for (; i <= end - Vector<double>.Count; i += Vector<double>.Count)
        {
            Add(new Vector<double>(Scores[i..]), new Vector<double>(Weights[i..]), d, ref terms, ref sizes, ref slopes, ref weights);
        }

        if (i < end)
        {
            // Lanes past the end stand at d, and count for nothing.
            Span<double> score = stackalloc double[Vector<double>.Count];
            Span<double> weight = stackalloc double[Vector<double>.Count];
            score.Fill(d);
            weight.Clear();
            Scores[i..end].CopyTo(score);
            Weights[i..end].CopyTo(weight);
            Add(new Vector<double>(score), new Vector<double>(weight), d, ref terms, ref sizes, ref slopes, ref weights);
        }

        return new BlockTerms(Vector.Sum(terms), Vector.Sum(sizes), Vector.Sum(slopes), Vector.Sum(weights))
            .At(end - start, d, Exponent, Constant, Rate);
    }

    /// <summary>The value of the block [start, end) to full precision.</summary>
    public double Root(int start, int end, double low, double high, double d) =>
        SafeguardedNewton.Root(new Block(this, start, end), low, high, d);

    private void Add(
        Vector<double> score, Vector<double> weight, double d, ref Vector<double> terms, ref Vector<double> sizes, ref Vector<double> slopes,
        ref Vector<double> weights)
    {
        var distance = score - Vector.Create(d);
        var power = _power.Slope(Vector.Abs(distance));
        var term = distance * power;
        terms += term;
        sizes += Vector.Abs(term);
        slopes += power;
        weights += weight;
    }

    private readonly ref struct Block(PNormProblem<TPower> problem, int start, int end) : IDecreasing
    {
        private readonly PNormProblem<TPower> _problem = problem;

        public (double Residual, double Slope, double Noise) Evaluate(double d) => _problem.Evaluate(start, end, d);
    }
}
