using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Soft ranks and soft sorts, on any back end: a test class per back end derives from it.</summary>
public abstract partial class SoftOrderContract : FamilyContract
{
    protected static readonly SoftOrder[] Kinds =
    [
        new(1, SortDirection.Ascending, SoftRegularization.Quadratic), new(1, SortDirection.Descending, SoftRegularization.Quadratic),
        new(1, SortDirection.Ascending, SoftRegularization.Entropic), new(1, SortDirection.Descending, SoftRegularization.Entropic),
    ];

    protected abstract (double[] Y, int[] Order, int[] Ends) Rank(double[] x, int n, SoftOrder order);

    protected abstract double[] RankVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind);

    protected abstract double[] RankJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind);

    protected abstract (double[] Y, int[] Order, int[] Ends) Sort(double[] x, int n, SoftOrder order);

    protected abstract double[] SortVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind);

    protected abstract double[] SortJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind);

    [ContractFact]
    public void Rows_of_up_to_40_entries_match_the_formulas_of_the_blocks()
    {
        foreach (var (kind, lambda) in Kinds.SelectMany(kind => Strengths, (kind, lambda) => (kind, lambda)))
        {
            for (var n = 1; n <= 40; n += n < 12 ? 1 : 7)
            {
                foreach (var shape in Shapes.Take(n < 12 ? 5 : 2))
                {
                    var (x, order) = (Inputs.Monotone(shape, n, n), kind with { Lambda = lambda });
                    var rank = SoftOracle.Rank(x, order).Y;
                    var tolerance = Rounding(Largest(rank), Largest(x) / lambda);
                    AssertNear(rank, Rank(x, n, order).Y, _ => tolerance, () => $"rank, {shape}, {order}, x = {Show(x)}");
                    var sort = SoftOracle.Sort(x, order).Y;

                    // A block of m places holds values at least (m - 1)/lambda apart: no term of its sums is much larger than they are.
                    var near = Rounding(Largest(sort) + Largest(x), Math.Min(n / lambda, Largest(x)));
                    AssertNear(sort, Sort(x, n, order).Y, _ => near, () => $"sort, {shape}, {order}, x = {Show(x)}");
                }
            }
        }
    }

    [ContractFact]
    public void Ranks_and_sorts_are_projections_by_definition()
    {
        foreach (var (kind, lambda) in Kinds.SelectMany(_ => Strengths, (kind, lambda) => (kind, lambda)))
        {
            foreach (var n in new[] { 1, 2, 6, 31, 150 })
            {
                var (x, order) = (Inputs.Normal(n, n), kind with { Lambda = lambda });
                var sign = order.Direction == SortDirection.Ascending ? 1 : -1;
                AssertProjection(Array.ConvertAll(x, v => sign * v / lambda), SoftOracle.Falling(n), Rank(x, n, order).Y, order);
                var y = Array.ConvertAll(Sort(x, n, order).Y, v => -sign * v);
                var s = Array.ConvertAll(SoftOracle.Falling(n), v => v / lambda);
                AssertProjection(s, Array.ConvertAll(x, v => -sign * v), y, order);
            }
        }
    }

    [ContractTheory]
    [InlineData("random", 300)]
    [InlineData("rising", 1)]
    [InlineData("falling", 1e-4)]
    [InlineData("plateaus", 1e-3)]
    [InlineData("tied", 1e-5)]
    public void Long_rows_are_projections_by_definition(string shape, double lambda)
    {
        const int N = 100_000;
        var (x, order) = (Inputs.Monotone(shape, N, 1), new SoftOrder(lambda, SortDirection.Descending));
        var rank = Rank(x, N, order).Y;
        var (w, s) = (SoftOracle.Falling(N), Array.ConvertAll(SoftOracle.Falling(N), v => v / lambda));
        var z = Array.ConvertAll(x, v => -v / lambda);
        AssertOptimal(z, w, rank, 1.0 * N);
        var sort = Sort(x, N, order).Y;
        AssertOptimal(s, x, sort, Largest(x));
        Assert.Equal(sort.OrderDescending(), sort);
    }

    [ContractFact]
    public void Every_golden_case_is_within_its_tolerance()
    {
        var count = 0;
        foreach (var golden in GoldenCase.Read(GoldenCase.ShippedFile).Where(golden => golden.Op is "soft_rank" or "soft_sort"))
        {
            count++;
            var (x, n, order) = (golden.X, golden.X.Length, new SoftOrder(golden.Lambda!.Value));
            var isRank = golden.Op == "soft_rank";
            var (y, places, ends) = isRank ? Rank(x, n, order) : Sort(x, n, order);
            var norm = PNorm.Quadratic(order.Lambda);
            var scale = isRank ? n : Largest(x);
            var tolerance = scale * (IsDouble ? Tolerance.Forward<double>(norm, x) : Tolerance.Forward<float>(norm, x));
            AssertNear(golden.Y, y, _ => tolerance, () => $"line {golden.Line}, {golden.Op}, n = {n}, lambda = {order.Lambda}");
            if (golden.Vjp is not null && (golden.Margin ?? double.PositiveInfinity) > Tolerance.LeastMargin)
            {
                var vjp = isRank ? RankVjp(x, places, ends, golden.G, n, order) : SortVjp(x, places, ends, golden.G, n, order);
                var near = (IsDouble ? Tolerance.Vjp<double>(norm, x) : Tolerance.Vjp<float>(norm, x)) * Largest(golden.Vjp);
                AssertNear(golden.Vjp, vjp, _ => near, () => $"VJP of line {golden.Line}, {golden.Op}, n = {n}, lambda = {order.Lambda}");
            }
        }

        Assert.Equal(24, count);
    }

    /// <summary>The rounding of the output, and of what it is computed from in float64.</summary>
    protected double Rounding(double output, double terms) => (4 * Unit * output) + (64 * UnitDouble * (output + terms));

    /// <summary>y lies in the hull, and z - y does not lead out of its face: each sum of n terms to the rounding of its terms.</summary>
    private void AssertOptimal(double[] z, double[] w, double[] y, double largest)
    {
        var rounding = 8 * (Unit + (64 * UnitDouble)) * y.Length;
        Assert.InRange(Certificate.OutsideHull(y, w), 0, rounding * largest);
        var gradient = z.Zip(y, (a, b) => a - b).ToArray();
        var slack = rounding * largest * Largest(gradient);
        Assert.InRange(Certificate.Gap(gradient, y, w), -slack, slack);
    }

    /// <summary>y projects z on the permutahedron of w; entropic: exp y projects exp z on that of exp w.</summary>
    private void AssertProjection(double[] z, double[] w, double[] y, SoftOrder order)
    {
        var gradient = z.Zip(y, (a, b) => a - b).ToArray();
        if (order.Regularization == SoftRegularization.Entropic)
        {
            // Both scaled by exp of the largest weight, so that they are finite.
            var largest = w.Max();
            (y, w) = (Array.ConvertAll(y, v => Math.Exp(v - largest)), Array.ConvertAll(w, v => Math.Exp(v - largest)));
        }

        var slack = 64 * y.Length * (Unit + (y.Length * UnitDouble)) * Math.Max(Largest(w), Largest(y)) * (1 + Largest(z) + y.Length);
        Assert.InRange(Certificate.OutsideHull(y, w), 0, slack);
        Assert.InRange(Certificate.Gap(gradient, y, w), -slack * (1 + Largest(gradient)), slack * (1 + Largest(gradient)));
    }
}
