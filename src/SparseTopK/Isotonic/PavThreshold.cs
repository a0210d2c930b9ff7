using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The threshold of a row by isotonic regression of its sorted keys: the value of the block that holds the k-th.</summary>
internal static class PavThreshold
{
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
        var line = new PavLine<TPower>(equation.IsSteep ? SmallestAboveRoot(keys, k, equation) : keys[k - 1], equation);
        for (var i = 0; i < n; i++)
        {
            (scores[i], weights[i], singles[i]) = (line.Score(keys[i]), i < k ? 1 : 0, line.Single(keys[i], i < k));
        }

        var problem = new PNormProblem<TPower>(
            scores, weights, singles, equation.Power, equation.Norm.ResponseExponent, line.Constant, line.Rate);
        var links = places.Take(n);
        var values = numbers.Take(n);
        PNormSolver.FindBlocks(problem, links, values);
        var start = 0;
        while (links[start] < k - 1)
        {
            start = links[start] + 1;
        }

        return line.RootOf(new SortedKeys<TPower>(keys, problem), start, links[start] + 1, values[start]);
    }

    /// <summary>Where p is above 2, what next to nothing from it to the root weighs is told from this key alone, and not from the k-th.</summary>
    private static double SmallestAboveRoot<TPower>(ReadOnlySpan<double> keys, int k, Equation<TPower> equation)
        where TPower : struct, IPower
    {
        var (above, below) = (k - 1, keys.Length);
        while (below - above > 1)
        {
            var middle = above + ((below - above) / 2);
            var sums = KeySums.Of(keys, keys[middle], 0, equation.Width(keys[middle]), equation.Power);
            (above, below) = sums.Free + sums.Saturated < k ? (middle, below) : (above, middle);
        }

        return keys[above];
    }

    private readonly ref struct SortedKeys<TPower>(ReadOnlySpan<double> keys, PNormProblem<TPower> problem) : ISortedKeys
        where TPower : struct, IPower
    {
        private readonly ReadOnlySpan<double> _keys = keys;
        private readonly PNormProblem<TPower> _problem = problem;

        public int Length => _keys.Length;

        public double Key(int i) => _keys[i];

        public double Root(int start, int end, double low, double high, double d) => _problem.Root(start, end, low, high, d);
    }
}
