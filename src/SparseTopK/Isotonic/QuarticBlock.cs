using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>q = 4: a block's value is the one real root of a cubic, from the block's central moments.</summary>
/// <param name="End">The entry after the last.</param>
/// <param name="Value">The minimiser.</param>
/// <param name="Size">The number of entries.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Second">sum (u_i - mean)^2.</param>
/// <param name="Third">sum (u_i - mean)^3.</param>
/// <param name="Weight">The sum of the weights.</param>
internal readonly record struct QuarticBlock(
    int End, double Value, double Size, double Mean, double Second, double Third, double Weight) : IMoments<QuarticBlock>
{
    public static QuarticBlock Of(int end, double score, double single, double weight, double rate) => new(end, single, 1, score, 0, 0, weight);

    /// <summary>The moments of a union (Chan, Golub and LeVeque 1983), and the root.</summary>
    public static QuarticBlock Join(in QuarticBlock left, in QuarticBlock right, double constant, double rate)
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
        var value = mean - RealRoot(((3 * second) + (weight * rate)) / n, (third - (weight * (constant + (rate * mean)))) / n);
        value = constant == 0 && Math.Abs(value) < Math.Abs(mean) / 8 ? SmallRoot(n, mean, second, third, weight * rate) : value;
        return new(right.End, value, n, mean, second, third, weight);
    }

    /// <summary>The real root of y^3 + linear y + constant, linear &gt;= 0: Newton's method, from a bound that is at most 1.27 times it.</summary>
    internal static double RealRoot(double linear, double constant)
    {
        var c = Math.Abs(constant);
        if (c == 0)
        {
            return 0.0;
        }

        // y^3 + linear y = c is convex where y > 0: both c^(1/3) and c/linear are above its root, and so is every step from there.
        var y = CubeRoot.Of(c);
        y = linear * y > c ? c / linear : y;
        for (var i = 0; i < 8; i++)
        {
            var step = ((((y * y) + linear) * y) - c) / ((3 * y * y) + linear);
            y -= step;
            if (Math.Abs(step) <= 1e-9 * y)
            {
                break;
            }
        }

        return constant < 0 ? y : -y;
    }

    /// <summary>d far below the mean, where mean - y has lost its digits: Newton's method from 0, on moments about 0.</summary>
    private static double SmallRoot(double n, double mean, double second, double third, double rate)
    {
        var squares = second + (n * mean * mean);
        var cubes = third + (3 * mean * second) + (n * mean * mean * mean);
        var slope = (3 * squares) + rate;
        var d = 0.0;
        for (var i = 0; i < 8; i++)
        {
            var residual = cubes - (slope * d) + (3 * n * mean * d * d) - (n * d * d * d);
            d += residual / (slope - (6 * n * mean * d) + (3 * n * d * d));
        }

        return d;
    }
}
