using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The threshold of a row by isotonic regression of its sorted keys: the value of the block that holds the k-th.</summary>
internal static class PavThreshold
{
    /// <summary>Scores beyond this many lambda decide nothing, and their powers stay finite.</summary>
    private const double Farthest = 1e60;

    /// <summary>Solves for more than k valid keys; sorts them.</summary>
    public static Root Solve<TPower>(Span<double> keys, int k, Equation<TPower> equation)
        where TPower : struct, IPower
    {
        keys.Sort(static (a, b) => b.CompareTo(a));
        if (equation.IsGap(keys[k - 1], keys[k]))
        {
            return equation.Hard(keys[k - 1]);
        }

        var n = keys.Length;
        using var numbers = new Scratch<double>(4 * n);
        using var places = new Scratch<int>(n);
        var scores = numbers.Take(n);
        var weights = numbers.Take(n);
        var singles = numbers.Take(n);
        var anchor = Describe(keys, k, equation, scores, weights, singles);
        var (constant, rate) = equation.Magnitude ? (anchor, equation.Norm.Lambda) : (1, 0);
        var problem = new PNormProblem<TPower>(scores, weights, singles, equation.Power, equation.Norm.ResponseExponent, constant, rate);
        var links = places.Take(n);
        var values = numbers.Take(n);
        PNormSolver.FindBlocks(problem, links, values);
        var start = 0;
        while (links[start] < k - 1)
        {
            start = links[start] + 1;
        }

        return FromBlock(keys, k, problem, (start, links[start] + 1, values[start]), anchor, equation);
    }

    /// <summary>The row in units of lambda around an anchor: u_i = (s_i - anchor)/lambda, v = anchor + lambda d. Returns the anchor.</summary>
    private static double Describe<TPower>(
        ReadOnlySpan<double> keys, int k, Equation<TPower> equation, Span<double> scores, Span<double> weights, Span<double> singles)
        where TPower : struct, IPower
    {
        var lambda = equation.Norm.Lambda;

        // Where gamma may be far below the k-th key it is its own best coordinate, and the anchor is 0.
        var anchor = equation.Magnitude && equation.Width(keys[k - 1]) > keys[k - 1] / 2 ? 0 : keys[k - 1];
        for (var i = 0; i < keys.Length; i++)
        {
            scores[i] = Math.Clamp((keys[i] - anchor) / lambda, -Farthest, Farthest);
            weights[i] = i < k ? 1 : 0;
            singles[i] = i >= k ? scores[i]
                : !equation.Magnitude ? scores[i] - 1
                : anchor == 0 ? equation.Knot(keys[i]) / lambda
                : scores[i] - (equation.Norm.Derivative(equation.Knot(keys[i])) / lambda);
        }

        return anchor;
    }

    /// <summary>The root, its last digits from the members of the block themselves.</summary>
    private static Root FromBlock<TPower>(
        ReadOnlySpan<double> keys, int k, PNormProblem<TPower> problem, (int Start, int End, double Value) block, double anchor,
        Equation<TPower> equation)
        where TPower : struct, IPower
    {
        var lambda = equation.Norm.Lambda;
        var nearZero = anchor == 0 && equation.Magnitude;
        var (low, high) = nearZero ? (0, keys[k - 1] / lambda) : (-equation.Width(anchor) / lambda, 0.0);
        var (start, end, value) = block;
        while (true)
        {
            var d = problem.Root(start, end, low, high, Math.Clamp(value, low, high));
            var offset = nearZero ? Math.Max(lambda * d, double.Epsilon) : lambda * d;
            var width = equation.Width(anchor + offset);

            // A block of values far apart may have been pooled with too few digits: its neighbours are asked again.
            if (end < keys.Length && keys[end] - anchor > offset)
            {
                end++;
            }
            else if (start > 0 && keys[start - 1] - anchor - offset < width)
            {
                start--;
            }
            else
            {
                return Root.Interior(anchor, offset, width);
            }
        }
    }
}
