using System.Numerics.Tensors;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>The average A by which a regularizer pools: a block of scores s and weights w has the value A(s) - A(w).</summary>
internal interface IAggregate
{
    /// <summary>A of a union less A of its left part, from the difference of A of the right part to it, and their sizes.</summary>
    static abstract double Step(double difference, double left, double right);

    /// <summary>What entries become that share all of w alike: the value y at which A of as many y is A(w).</summary>
    static abstract double Share(ReadOnlySpan<double> w);
}

/// <summary>The mean: quadratic regularization.</summary>
internal readonly struct Mean : IAggregate
{
    public static double Step(double difference, double left, double right) => difference * (right / (left + right));

    public static double Share(ReadOnlySpan<double> w) => TensorPrimitives.Average(w);
}

/// <summary>log sum exp: entropic regularization.</summary>
internal readonly struct LogSumExp : IAggregate
{
    public static double Step(double difference, double left, double right) =>
        Math.Max(difference, 0) + Math.Log(1 + Math.Exp(-Math.Abs(difference)));

    public static double Share(ReadOnlySpan<double> w)
    {
        var (largest, sum) = (w[0], 0.0);
        foreach (var entry in w)
        {
            sum += Math.Exp(entry - largest);
        }

        return largest + Math.Log(sum / w.Length);
    }
}

/// <summary>A block of the projection: its two averages, each measured from the block's first entry, so that they keep their digits at
/// any distance from 0.</summary>
/// <param name="End">The entry after the last.</param>
/// <param name="Size">The number of entries.</param>
/// <param name="Score">s of the first entry.</param>
/// <param name="ScoreOffset">A(s) less it, in units of lambda.</param>
/// <param name="Weight">w of the first entry.</param>
/// <param name="WeightOffset">A(w) less it.</param>
internal readonly record struct AggregateBlock(
    int End, double Size, double Score, double ScoreOffset, double Weight, double WeightOffset) : IBlock;

/// <summary>The isotonic problem of a projection on the permutahedron: v = A(s) - A(w) over each block, s = scores * scale.</summary>
/// <remarks>Quadratic: argmin of 1/2 sum (s_i - w_i - v_i)^2. Entropic: argmin of sum exp(s_i - v_i) + sum exp(w_i) v_i. Source: Blondel
/// et al. 2020, section 4.</remarks>
internal readonly ref struct AggregateObjective<TAggregate>(ReadOnlySpan<double> scores, double scale, ReadOnlySpan<double> weights)
    : IObjective<AggregateBlock>
    where TAggregate : struct, IAggregate
{
    private readonly ReadOnlySpan<double> _scores = scores;
    private readonly ReadOnlySpan<double> _weights = weights;

    public AggregateBlock Single(int i) => new(i + 1, 1, _scores[i], 0, _weights[i], 0);

    public bool Violates(in AggregateBlock left, in AggregateBlock right) => ScoreStep(left, right) > WeightStep(left, right);

    public AggregateBlock Join(in AggregateBlock left, in AggregateBlock right) => left with
    {
        End = right.End,
        Size = left.Size + right.Size,
        ScoreOffset = left.ScoreOffset + TAggregate.Step(ScoreStep(left, right), left.Size, right.Size),
        WeightOffset = left.WeightOffset + TAggregate.Step(WeightStep(left, right), left.Size, right.Size),
    };

    private double ScoreStep(in AggregateBlock left, in AggregateBlock right) =>
        ((right.Score - left.Score) * scale) + (right.ScoreOffset - left.ScoreOffset);

    private static double WeightStep(in AggregateBlock left, in AggregateBlock right) =>
        right.Weight - left.Weight + (right.WeightOffset - left.WeightOffset);
}
