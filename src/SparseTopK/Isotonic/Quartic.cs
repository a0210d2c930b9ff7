using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>q = 4: a block's value is the one real root of a cubic, from the block's central moments.</summary>
internal readonly ref struct Quartic(PNormProblem<ThirdPower> problem) : IObjective<QuarticBlock>
{
    private readonly PNormProblem<ThirdPower> _problem = problem;

    public QuarticBlock Single(int i) => new(i + 1, _problem.Singles[i], 1, _problem.Scores[i], 0, 0, _problem.Weights[i]);

    public bool Violates(in QuarticBlock left, in QuarticBlock right) => left.Value < right.Value;

    /// <summary>The moments of a union (Chan, Golub and LeVeque 1983), and the root.</summary>
    public QuarticBlock Join(in QuarticBlock left, in QuarticBlock right)
    {
        var (a, b) = (left.Size, right.Size);
        var n = a + b;
        var delta = right.Mean - left.Mean;
        var mean = left.Mean + (delta * (b / n));
        var second = left.Second + right.Second + (delta * delta * a * (b / n));
        var third = left.Third + right.Third
            + (delta * delta * delta * (a / n) * (b / n) * (a - b))
            + (3 * delta * (((a / n) * right.Second) - ((b / n) * left.Second)));
        var weight = left.Weight + right.Weight;

        // With y = mean - d: n y^3 + 3 second y + third = W (Constant + Rate (mean - y)).
        var linear = ((3 * second) + (weight * _problem.Rate)) / n;
        var constant = (third - (weight * (_problem.Constant + (_problem.Rate * mean)))) / n;
        var value = mean - RealRoot(linear, constant);
        value = _problem.Constant == 0 && Math.Abs(value) < Math.Abs(mean) / 8 ? SmallRoot(n, mean, second, third, weight) : value;
        return new(right.End, value, n, mean, second, third, weight);
    }

    /// <summary>d far below the mean, where mean - y has lost its digits: Newton's method from 0, on moments about 0.</summary>
    private double SmallRoot(double n, double mean, double second, double third, double weight)
    {
        var squares = second + (n * mean * mean);
        var cubes = third + (3 * mean * second) + (n * mean * mean * mean);
        var slope = (3 * squares) + (weight * _problem.Rate);
        var d = 0.0;
        for (var i = 0; i < 8; i++)
        {
            var residual = cubes - (slope * d) + (3 * n * mean * d * d) - (n * d * d * d);
            d += residual / (slope - (6 * n * mean * d) + (3 * n * d * d));
        }

        return d;
    }

    /// <summary>The real root of y^3 + linear y + constant, linear &gt;= 0: no two terms of the formula cancel.</summary>
    internal static double RealRoot(double linear, double constant)
    {
        var scale = Math.Sqrt(linear / 3);
        var ratio = -constant / (2 * scale * scale * scale);
        var y = double.IsFinite(ratio) ? 2 * scale * Math.Sinh(Math.Asinh(ratio) / 3) : -Math.Cbrt(constant);
        for (var i = 0; i < 2 && y != 0; i++)
        {
            y -= ((((y * y) + linear) * y) + constant) / ((3 * y * y) + linear);
        }

        return y;
    }
}

/// <param name="End">The entry after the last.</param>
/// <param name="Value">The minimiser.</param>
/// <param name="Size">The number of entries.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Second">sum (u_i - mean)^2.</param>
/// <param name="Third">sum (u_i - mean)^3.</param>
/// <param name="Weight">The sum of the weights.</param>
internal readonly record struct QuarticBlock(
    int End, double Value, double Size, double Mean, double Second, double Third, double Weight) : IValued;
