namespace SparseTopK.TestKit;

/// <summary>Proofs of optimality from the definitions alone: 0 for an exact solution, and independent of how one was found.</summary>
public static class Certificate
{
    /// <summary>How far y is outside the convex hull of the permutations of w: the worst excess of a sum of its largest entries,
    /// and the error of the whole sum (Rado).</summary>
    public static double OutsideHull(double[] y, double[] w)
    {
        var (actual, allowed) = (y.OrderDescending().ToArray(), w.OrderDescending().ToArray());
        var (sum, worst) = (0.0, 0.0);
        for (var i = 0; i < y.Length; i++)
        {
            sum += actual[i] - allowed[i];
            worst = Math.Max(worst, sum);
        }

        return double.IsNaN(sum) ? double.PositiveInfinity : Math.Max(worst, Math.Abs(sum));
    }

    /// <summary>How much a concave objective with this gradient at y could still grow: the support function of the hull less &lt;gradient, y&gt;.</summary>
    public static double Gap(double[] gradient, double[] y, double[] w) =>
        gradient.OrderDescending().Zip(w.OrderDescending(), (a, b) => a * b).Sum() - gradient.Zip(y, (a, b) => a * b).Sum();

    /// <summary>The worst violation of the optimality conditions of an isotonic regression, against the size of their terms: in a run
    /// of equal values the slopes sum to 0, and no first part of it wants to part from the rest.</summary>
    /// <param name="problem">The problem, of any length.</param>
    /// <param name="v">The solution.</param>
    /// <param name="order">Its order.</param>
    public static double Isotonic(IsotonicProblem problem, double[] v, IsotonicOrder order)
    {
        var sign = order == IsotonicOrder.Decreasing ? 1 : -1;
        var worst = 0.0;
        for (int start = 0, end; start < v.Length; start = end)
        {
            end = start + 1;
            while (end < v.Length && v[end] == v[start])
            {
                end++;
            }

            var (sum, size, lowest) = (0.0, 0.0, 0.0);
            for (var i = start; i < end; i++)
            {
                var (slope, terms) = problem.Slope(i, v[i]);
                (sum, size) = (sum + slope, size + terms);
                lowest = Math.Min(lowest, sign * sum);
            }

            var error = size == 0 ? 0 : Math.Max(Math.Abs(sum), -lowest) / size;
            var rises = end < v.Length && sign * (v[end] - v[start]) > 0;
            worst = double.IsNaN(error) || rises ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }
}
