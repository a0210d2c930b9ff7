namespace SparseTopK.TestKit;

/// <summary>An isotonic regression, solved.</summary>
/// <param name="V">The solution.</param>
/// <param name="Ends">For each of its blocks, the place after the last entry.</param>
/// <param name="Margin">How near it is to other blocks, against its largest value: 0 at a kink.</param>
public sealed record IsotonicSolution(double[] V, int[] Ends, double Margin)
{
    /// <summary>The blocks as (start, end).</summary>
    public IEnumerable<(int Start, int End)> Blocks => Ends.Select((end, b) => (b == 0 ? 0 : Ends[b - 1], end));
}

/// <summary>Isotonic regression by the min-max formula, O(n^3), and by trying every partition: for any block minimiser.</summary>
public static class IsotonicOracle
{
    public static IsotonicSolution Solve(IsotonicProblem problem, IsotonicOrder order) =>
        Solve(Minimisers(problem.Length, problem.Minimiser), order, problem.X.Max(Math.Abs));

    /// <summary>[start, end] = the value of the entries from start to end alone.</summary>
    public static double[,] Minimisers(int n, Func<int, int, double> minimiser) =>
        OracleJacobian.Build(n + 1, (start, end) => start < end ? minimiser(start, end) : 0);

    /// <summary>v_i = min over a &lt;= i of max over b &gt; i of minimiser(a, b); the other way round where v increases.</summary>
    /// <param name="minimisers">The value of each run.</param>
    /// <param name="order">Which way v runs.</param>
    /// <param name="scale">What the values carry rounding errors of, where that is larger than they are.</param>
    public static IsotonicSolution Solve(double[,] minimisers, IsotonicOrder order, double scale = 0)
    {
        var n = minimisers.GetLength(0) - 1;
        var sign = order == IsotonicOrder.Decreasing ? 1 : -1;
        double Signed(int start, int end) => sign * minimisers[start, end];
        var v = Enumerable.Range(0, n).Select(i =>
            Enumerable.Range(0, i + 1).Min(a => Enumerable.Range(i + 1, n - i).Max(b => Signed(a, b)))).ToArray();
        scale = Math.Max(scale, minimisers.Cast<double>().Max(Math.Abs));

        // Blocks from values: what rounding alone keeps apart is one block. Near a kink the margin says so.
        var ends = Enumerable.Range(1, n).Where(end => end == n || v[end - 1] - v[end] > 1e-11 * scale).ToArray();
        var solution = new IsotonicSolution(v, ends, double.PositiveInfinity);
        var margin = double.PositiveInfinity;
        foreach (var (start, end) in solution.Blocks)
        {
            margin = Enumerable.Range(start + 1, end - start - 1).Select(cut => Signed(cut, end) - Signed(start, cut)).Append(margin).Min();
        }

        margin = ends.SkipLast(1).Select(end => v[end - 1] - v[end]).Append(margin).Min();
        return solution with { V = Array.ConvertAll(v, value => sign * value), Margin = margin / scale };
    }

    /// <summary>The best of all partitions into blocks, each minimised by golden section on the objective alone: n up to 6.</summary>
    public static (double[] V, double Value) BruteForce(IsotonicProblem problem, IsotonicOrder order)
    {
        var n = problem.Length;
        var sign = order == IsotonicOrder.Decreasing ? 1 : -1;
        var (best, bestValue) = (Array.Empty<double>(), double.PositiveInfinity);
        for (var cuts = 0; cuts < 1 << Math.Max(0, n - 1); cuts++)
        {
            var v = new double[n];
            for (int start = 0, end; start < n; start = end)
            {
                end = Enumerable.Range(start + 1, n - start).First(i => i == n || (cuts >> (i - 1) & 1) == 1);
                Array.Fill(v, Lowest(problem, start, end), start, end - start);
            }

            var value = problem.Value(v);
            var isMonotone = Enumerable.Range(1, Math.Max(0, n - 1)).All(i => sign * (v[i] - v[i - 1]) <= 0);
            (best, bestValue) = isMonotone && value < bestValue ? (v, value) : (best, bestValue);
        }

        return (best, bestValue);
    }

    /// <summary>The lowest point of the objective of the entries from start to end, which is convex.</summary>
    private static double Lowest(IsotonicProblem problem, int start, int end)
    {
        var reach = 10 * (1 + problem.X.Max(Math.Abs) + (problem.Norm.Lambda * (1 + problem.W.Max(Math.Abs))));
        double At(double v) => problem.Value([.. Enumerable.Repeat(v, end - start)], start);
        var golden = (Math.Sqrt(5) - 1) / 2;
        var (low, high) = (-reach, reach);
        for (var i = 0; i < 90; i++)
        {
            var (left, right) = (high - (golden * (high - low)), low + (golden * (high - low)));
            (low, high) = At(left) < At(right) ? (low, right) : (left, high);
        }

        return (low + high) / 2;
    }
}
