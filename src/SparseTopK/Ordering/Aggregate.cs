using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>The average A by which a regularizer pools: a block of scores s and weights w has the value A(s) - A(w).</summary>
internal interface IAggregate
{
    /// <summary>A of a union less A of its left part, from the difference of A of the right part to it, and their sizes.</summary>
    static abstract double Step(double difference, double left, double right);

    /// <summary>What a weight adds to the sum of <see cref="Share"/>.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="first">The largest of them.</param>
    static abstract double Term(double weight, double first);

    /// <summary>What entries become that share all of w alike: the value y at which A of as many y is A(w).</summary>
    /// <param name="first">The largest of w.</param>
    /// <param name="sum">The sum of the terms of w.</param>
    /// <param name="count">How many they are.</param>
    static abstract double Share(double first, double sum, double count);
}

/// <summary>The mean: quadratic regularization.</summary>
internal readonly struct Mean : IAggregate
{
    public static double Step(double difference, double left, double right) => difference * (right / (left + right));

    public static double Term(double weight, double first) => weight;

    public static double Share(double first, double sum, double count) => sum / count;
}

/// <summary>log sum exp: entropic regularization.</summary>
internal readonly struct LogSumExp<TFunctions> : IAggregate
    where TFunctions : struct, IExponentials
{
    public static double Step(double difference, double left, double right) =>
        Math.Max(difference, 0) + TFunctions.Log(1 + TFunctions.Exp(-Math.Abs(difference)));

    public static double Term(double weight, double first) => TFunctions.Exp(weight - first);

    public static double Share(double first, double sum, double count) => first + TFunctions.Log(sum / count);
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
    int End, double Size, double Score, double ScoreOffset, double Weight, double WeightOffset) : IBlock
{
    /// <summary>The block of one entry.</summary>
    public static AggregateBlock Of(int end, double score, double weight) => new(end, 1, score, 0, weight, 0);

    /// <summary>Whether the value of the left block is below that of its right neighbour.</summary>
    public static bool Violates(in AggregateBlock left, in AggregateBlock right, double scale) =>
        ScoreStep(left, right, scale) > WeightStep(left, right);

    /// <summary>The block of two neighbours.</summary>
    public static AggregateBlock Join<TAggregate>(in AggregateBlock left, in AggregateBlock right, double scale)
        where TAggregate : struct, IAggregate => left with
        {
            End = right.End,
            Size = left.Size + right.Size,
            ScoreOffset = left.ScoreOffset + TAggregate.Step(ScoreStep(left, right, scale), left.Size, right.Size),
            WeightOffset = left.WeightOffset + TAggregate.Step(WeightStep(left, right), left.Size, right.Size),
        };

    /// <summary>y of an entry of the block.</summary>
    public double At(double score, double scale) =>
        Size == 1 ? Weight : Weight + (WeightOffset + (((score - Score) * scale) - ScoreOffset));

    private static double ScoreStep(in AggregateBlock left, in AggregateBlock right, double scale) =>
        ((right.Score - left.Score) * scale) + (right.ScoreOffset - left.ScoreOffset);

    private static double WeightStep(in AggregateBlock left, in AggregateBlock right) =>
        right.Weight - left.Weight + (right.WeightOffset - left.WeightOffset);
}

/// <summary>The isotonic problem of a projection on the permutahedron: v = A(s) - A(w) over each block, s = scores * scale.</summary>
/// <remarks>Quadratic: argmin of 1/2 sum (s_i - w_i - v_i)^2. Entropic: argmin of sum exp(s_i - v_i) + sum exp(w_i) v_i. Source: Blondel
/// et al. 2020, section 4.</remarks>
internal readonly ref struct AggregateObjective<TAggregate>(ReadOnlySpan<double> scores, double scale, ReadOnlySpan<double> weights)
    : IObjective<AggregateBlock>
    where TAggregate : struct, IAggregate
{
    private readonly ReadOnlySpan<double> _scores = scores;
    private readonly ReadOnlySpan<double> _weights = weights;

    public AggregateBlock Single(int i) => AggregateBlock.Of(i + 1, _scores[i], _weights[i]);

    public bool Violates(in AggregateBlock left, in AggregateBlock right) => AggregateBlock.Violates(left, right, scale);

    public AggregateBlock Join(in AggregateBlock left, in AggregateBlock right) => AggregateBlock.Join<TAggregate>(left, right, scale);
}
