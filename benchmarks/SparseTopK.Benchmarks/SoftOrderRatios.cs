namespace SparseTopK.Benchmarks;

/// <summary>Soft ranks and soft sorts against sorting the same rows together with the places of their entries.</summary>
internal static class SoftOrderRatios
{
    private static readonly Column<Rows>[] Columns =
    [
        new("Array.Sort", static rows => rows.Sort()),
        new("rank fwd", static rows => rows.Rank(SoftRegularization.Quadratic)),
        new("rank fwd+vjp", static rows => rows.RankAndVjp(SoftRegularization.Quadratic)),
        new("rank ent fwd", static rows => rows.Rank(SoftRegularization.Entropic)),
        new("rank ent fwd+vjp", static rows => rows.RankAndVjp(SoftRegularization.Entropic)),
        new("sort fwd+vjp", static rows => rows.SoftSortAndVjp(SoftRegularization.Quadratic)),
    ];

    public static void Run(Settings settings)
    {
        var table = new Table<Rows>(
            "Soft ranks and soft sorts, with permutation and block ends. Array.Sort: of a fresh copy of each row, and of its places with it.",
            "rows x n, lambda", Columns, settings);
        foreach (var (rows, n) in (ReadOnlySpan<(int, int)>)[(1024, 1024), (4096, 64), (1, 1_000_000)])
        {
            foreach (var lambda in (ReadOnlySpan<double>)[0.001, 0.1, 1, 100])
            {
                table.Compare(FormattableString.Invariant($"soft {rows} x {n}, lambda={lambda}"), () => new Rows(rows, n, lambda));
            }
        }
    }

    /// <summary>The memory of one case.</summary>
    private sealed class Rows(int rows, int n, double lambda)
    {
        private readonly float[] _x = Inputs.Normal(rows * n, 1);
        private readonly float[] _gradient = Inputs.Normal(rows * n, 2);
        private readonly float[] _y = new float[rows * n];
        private readonly float[] _product = new float[rows * n];
        private readonly int[] _permutation = new int[rows * n];
        private readonly int[] _blockEnds = new int[rows * n];
        private readonly int[] _places = [.. Enumerable.Range(0, n)];

        public void Sort()
        {
            for (var row = 0; row < rows; row++)
            {
                var keys = _y.AsSpan(row * n, n);
                var places = _permutation.AsSpan(row * n, n);
                _x.AsSpan(row * n, n).CopyTo(keys);
                _places.CopyTo(places);
                keys.Sort(places);
            }
        }

        public void Rank(SoftRegularization regularization) =>
            SoftRank.Forward<float>(_x, n, Order(regularization), _y, _permutation, _blockEnds);

        public void RankAndVjp(SoftRegularization regularization)
        {
            Rank(regularization);
            SoftRank.Vjp<float>(_y, _permutation, _blockEnds, _gradient, n, Order(regularization), _product);
        }

        public void SoftSortAndVjp(SoftRegularization regularization)
        {
            SoftSort.Forward<float>(_x, n, Order(regularization), _y, _permutation, _blockEnds);
            SoftSort.Vjp<float>(_x, _permutation, _blockEnds, _gradient, n, Order(regularization), _product);
        }

        private SoftOrder Order(SoftRegularization regularization) => new(lambda, SortDirection.Ascending, regularization);
    }
}
