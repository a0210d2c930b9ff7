namespace SparseTopK.TestKit;

/// <summary>A soft choice, rank or sort of one row.</summary>
/// <param name="Y">The output.</param>
/// <param name="Order">The places of the entries in sorted order.</param>
/// <param name="Solution">The isotonic regression behind it, in that order.</param>
public sealed record SoftRow(double[] Y, int[] Order, IsotonicSolution Solution);

/// <summary>The operators of the permutahedron from the values of their blocks: slow and obvious.</summary>
public static class SoftOracle
{
    /// <summary>argmax over P(w) of &lt;x, y&gt; - (lambda/p) ||y||_p^p.</summary>
    public static SoftRow Permutahedron(double[] x, double[] w, PNorm norm)
    {
        var order = Sorted(x, SortDirection.Descending);
        var problem = new IsotonicProblem(Pick(x, order), w, OracleTerm.Linear, norm);
        var solution = IsotonicOracle.Solve(problem, IsotonicOrder.Decreasing);
        var y = new double[x.Length];
        foreach (var (start, end) in solution.Blocks)
        {
            var offset = problem.Offset(start, end);
            for (var i = start; i < end; i++)
            {
                var level = ((problem.X[i] - problem.X[start]) / norm.Lambda) - offset;
                y[order[i]] = end - start == 1 ? w[i] : IsotonicProblem.SignedPower(level, norm.ResponseExponent);
            }
        }

        return new SoftRow(y, order, solution);
    }

    /// <summary>y = s - v, put back in the order of x.</summary>
    public static SoftRow Rank(double[] x, SoftOrder order)
    {
        var n = x.Length;
        var places = Sorted(x, order.Direction == SortDirection.Ascending ? SortDirection.Descending : SortDirection.Ascending);
        var sign = order.Direction == SortDirection.Ascending ? 1 : -1;
        var (sorted, solution) = Project([.. Pick(x, places).Select(v => sign * v / order.Lambda)], Falling(n), order.Regularization);
        var y = new double[n];
        for (var i = 0; i < n; i++)
        {
            y[places[i]] = sorted[i];
        }

        return new SoftRow(y, places, solution);
    }

    /// <summary>y = s - v (ascending: v - s), in order.</summary>
    public static SoftRow Sort(double[] x, SoftOrder order)
    {
        var places = Sorted(x, order.Direction);
        var sign = order.Direction == SortDirection.Ascending ? -1 : 1;
        var w = Pick(x, places).Select(v => sign * v).ToArray();
        var (y, solution) = Project([.. Falling(x.Length).Select(v => v / order.Lambda)], w, order.Regularization);
        return new SoftRow([.. y.Select(v => sign * v)], places, solution);
    }

    /// <summary>log sum exp.</summary>
    public static double LogSumExp(IEnumerable<double> values)
    {
        var largest = values.Max();
        return largest + Math.Log(values.Sum(v => Math.Exp(v - largest)));
    }

    /// <summary>n, n - 1, ..., 1.</summary>
    public static double[] Falling(int n) => [.. Enumerable.Range(0, n).Select(i => (double)(n - i))];

    public static double[] Pick(double[] values, int[] places) => Array.ConvertAll(places, i => values[i]);

    /// <summary>s - v for decreasing s and w, block by block so that no large terms cancel.</summary>
    private static (double[] Y, IsotonicSolution Solution) Project(double[] s, double[] w, SoftRegularization regularization)
    {
        var quadratic = regularization == SoftRegularization.Quadratic;
        double Middle(double[] values) => quadratic ? values.Average() : LogSumExp(values);
        double Value(int start, int end) => Middle(s[start..end]) - Middle(w[start..end]);
        var solution = IsotonicOracle.Solve(IsotonicOracle.Minimisers(s.Length, Value), IsotonicOrder.Decreasing);
        var y = new double[s.Length];
        foreach (var (start, end) in solution.Blocks)
        {
            var deviations = s[start..end].Select(v => v - s[start]).ToArray();
            var (middle, target) = (Middle(deviations), Middle(w[start..end]));
            for (var i = start; i < end; i++)
            {
                y[i] = deviations[i - start] - middle + target;
            }
        }

        return (y, solution);
    }

    private static int[] Sorted(double[] x, SortDirection direction) => direction == SortDirection.Ascending
        ? [.. Enumerable.Range(0, x.Length).OrderBy(i => x[i])]
        : [.. Enumerable.Range(0, x.Length).OrderByDescending(i => x[i])];
}
