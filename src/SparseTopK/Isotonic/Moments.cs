using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>A block that keeps moments of its entries, from which its value follows: q = 2 or q = 4.</summary>
internal interface IMoments<TBlock> : IValued
    where TBlock : struct, IMoments<TBlock>
{
    /// <summary>The block of one entry.</summary>
    /// <param name="end">The entry after it.</param>
    /// <param name="score">u.</param>
    /// <param name="single">Its value.</param>
    /// <param name="weight">w.</param>
    /// <param name="rate">Of the equation of <see cref="PNormProblem{TPower}"/>.</param>
    static abstract TBlock Of(int end, double score, double single, double weight, double rate);

    /// <summary>The block of two neighbours.</summary>
    /// <param name="left">The left one.</param>
    /// <param name="right">The right one.</param>
    /// <param name="constant">Of the equation.</param>
    /// <param name="rate">Of the equation.</param>
    static abstract TBlock Join(in TBlock left, in TBlock right, double constant, double rate);
}

/// <summary>Pooling by moments.</summary>
internal readonly ref struct Moments<TPower, TBlock>(PNormProblem<TPower> problem) : IObjective<TBlock>
    where TPower : struct, IPower
    where TBlock : struct, IMoments<TBlock>
{
    private readonly PNormProblem<TPower> _problem = problem;

    public TBlock Single(int i) => TBlock.Of(i + 1, _problem.Scores[i], _problem.Singles[i], _problem.Weights[i], _problem.Rate);

    public bool Violates(in TBlock left, in TBlock right) => left.Value < right.Value;

    public TBlock Join(in TBlock left, in TBlock right) => TBlock.Join(left, right, _problem.Constant, _problem.Rate);
}
