namespace SparseTopK.Benchmarks;

/// <summary>Isotonic regression of one row: least squares against a copy, and how the time of a general q grows.</summary>
internal static class IsotonicRatios
{
    private static readonly Column<Row>[] LeastSquares =
    [
        new("copy", static row => row.Sorted.AsSpan().CopyTo(row.V)),
        new("sorted", static row => row.Solve(row.Sorted, [], IsotonicObjective.LeastSquares)),
        new("wrong way", static row => row.Solve(row.Reversed, [], IsotonicObjective.LeastSquares)),
        new("jump", static row => row.Solve(row.Jump, [], IsotonicObjective.LeastSquares)),
        new("weighted", static row => row.Solve(row.Sorted, row.Positive, IsotonicObjective.LeastSquares)),
        new("random", static row => row.Solve(row.Random, [], IsotonicObjective.LeastSquares)),
    ];

    private static readonly Column<Row>[] Growth =
    [
        Linear("3/2", new PNorm(1.5, 0.1), falling: false),
        Linear("3/2", new PNorm(1.5, 10), falling: false),
        Linear("3/2", new PNorm(1.5, 0.1), falling: true),
        Linear("3/2", new PNorm(1.5, 10), falling: true),
        Linear("4/3", PNorm.Smooth(0.1), falling: false),
        Linear("4/3", PNorm.Smooth(10), falling: false),
        Linear("4/3", PNorm.Smooth(0.1), falling: true),
        Linear("4/3", PNorm.Smooth(10), falling: true),
    ];

    public static void Run(Settings settings)
    {
        var squares = new Table<Row>(
            "Isotonic regression, least squares, with block ends. Jump: a sorted row less 1 on its first n/100 entries. Weighted: the sorted row.",
            "row", LeastSquares, settings);
        foreach (var n in (int[])[100_000, 1_000_000])
        {
            squares.Compare($"pav {n}", () => new Row(n));
        }

        var growth = new Table<Row>(
            "Isotonic regression of a sorted row with a linear term. Nanoseconds per entry, for p and lambda. Top: w = 1 on n/100 entries; falling: w = (n, .., 1)/n.",
            "row", Growth, settings);
        foreach (var n in (int[])[1000, 10_000, 100_000, 1_000_000])
        {
            growth.PerEntry($"pav of any p, {n}", n, () => new Row(n));
        }
    }

    private static Column<Row> Linear(string p, PNorm norm, bool falling)
    {
        var objective = IsotonicObjective.LinearTerm(norm);
        return new(
            FormattableString.Invariant($"p={p} {norm.Lambda} {(falling ? "falling" : "top")}"),
            row => row.Solve(row.Sorted, falling ? row.Falling : row.Top, objective));
    }

    /// <summary>The memory of one case.</summary>
    private sealed class Row(int n)
    {
        private readonly int[] _blockEnds = new int[n];

        public float[] Sorted { get; } = Inputs.Sorted(n, 1);

        public float[] Reversed { get; } = [.. Inputs.Sorted(n, 1).Reverse()];

        public float[] Jump { get; } = [.. Inputs.Sorted(n, 1).Select((s, i) => i < n / 100 ? s - 1 : s)];

        public float[] Random { get; } = Inputs.Normal(n, 1);

        public float[] Positive { get; } = Array.ConvertAll(Inputs.Normal(n, 2), MathF.Exp);

        public float[] Top { get; } = Inputs.TopWeights(n, n / 100);

        public float[] Falling { get; } = [.. Enumerable.Range(0, n).Select(i => (float)(n - i) / n)];

        public float[] V { get; } = new float[n];

        public void Solve(float[] x, float[] weights, IsotonicObjective objective) =>
            IsotonicRegression.Forward<float>(x, n, weights, objective, V, _blockEnds);
    }
}
