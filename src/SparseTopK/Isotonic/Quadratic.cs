using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>q = 2: a block's value is a weighted mean, and joined blocks average theirs.</summary>
internal readonly ref struct Quadratic(PNormProblem<FirstPower> problem) : IObjective<QuadraticBlock>
{
    private readonly PNormProblem<FirstPower> _problem = problem;

    public QuadraticBlock Single(int i) => new(i + 1, _problem.Singles[i], 1 + (_problem.Weights[i] * _problem.Rate));

    public bool Violates(in QuadraticBlock left, in QuadraticBlock right) => left.Value < right.Value;

    /// <summary>sum (u_i - d) = W (Constant + Rate d) gives d = (sum u_i - W Constant)/(m + W Rate): the mean with weights m + W Rate.</summary>
    public QuadraticBlock Join(in QuadraticBlock left, in QuadraticBlock right)
    {
        var weight = left.Weight + right.Weight;
        return new(right.End, left.Value + ((right.Value - left.Value) * (right.Weight / weight)), weight);
    }
}

internal readonly record struct QuadraticBlock(int End, double Value, double Weight) : IValued;
