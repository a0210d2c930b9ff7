using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Derivatives, ties, masked entries and rows that are not admitted.</summary>
public abstract partial class SoftOrderContract
{
    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(5)]
    public void Products_match_the_closed_form_Jacobian_and_central_differences(double lambda)
    {
        var compared = 0;
        foreach (var (kind, seed) in Kinds.SelectMany(_ => Enumerable.Range(0, 20), (kind, seed) => (kind with { Lambda = lambda }, seed)))
        {
            var n = 1 + (seed % 9);
            var (x, g) = (Inputs.Normal(n, seed), Inputs.Normal(n, seed + 1));
            var (rank, sort) = (SoftOracle.Rank(x, kind), SoftOracle.Sort(x, kind));
            if (rank.Solution.Margin < 1e-3 || sort.Solution.Margin < 1e-3)
            {
                continue;
            }

            compared++;
            var (y, order, ends) = Rank(x, n, kind);
            var vjp = RankVjp(x, order, ends, g, n, kind);
            AssertProducts(FamilyJacobian.Rank(rank, kind), g, vjp, RankJvp(x, order, ends, g, n, kind), () => $"rank, {kind}, x = {Show(x)}");
            AssertNear(
                CentralDifferences.Vjp(v => SoftOracle.Rank(v, kind).Y, x, g, 1e-5), vjp, _ => 1e-4 * Largest(g) / lambda, () => $"rank, {kind}");

            (_, order, ends) = Sort(x, n, kind);
            vjp = SortVjp(x, order, ends, g, n, kind);
            AssertProducts(FamilyJacobian.Sort(x, sort, kind), g, vjp, SortJvp(x, order, ends, g, n, kind), () => $"sort, {kind}, x = {Show(x)}");
            AssertNear(
                CentralDifferences.Vjp(v => SoftOracle.Sort(v, kind).Y, x, g, 1e-5), vjp, _ => 1e-4 * Largest(g), () => $"sort, {kind}");
        }

        Assert.InRange(compared, 30, 80);
    }

    [Fact]
    public void Outputs_and_gradients_commute_with_permutations_even_at_ties()
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind with { Lambda = n % 2 == 0 ? 0.3 : 3 })))
        {
            foreach (var x in new[] { Inputs.Normal(n, n), Inputs.Tied(n, n) })
            {
                var (g, dx, places) = (Inputs.Normal(n, 3), Inputs.Normal(n, 4), Shuffled(n, n));
                var (moved, movedG) = (SoftOracle.Pick(x, places), SoftOracle.Pick(g, places));
                var (y, order, ends) = Rank(x, n, kind);
                var (movedY, movedOrder, movedEnds) = Rank(moved, n, kind);
                Assert.Equal(SoftOracle.Pick(y, places), movedY);
                double Near(double[] gradient) => 64 * n * Unit * (Largest(gradient) + Largest(g) / Math.Min(1, kind.Lambda));
                var vjp = RankVjp(x, order, ends, g, n, kind);
                AssertNear(SoftOracle.Pick(vjp, places), RankVjp(moved, movedOrder, movedEnds, movedG, n, kind), _ => Near(vjp), () => $"rank, {kind}");
                AssertTransposed(g, RankJvp(x, order, ends, dx, n, kind), vjp, dx, 256 * n * Unit);

                (y, order, ends) = Sort(x, n, kind);
                (movedY, movedOrder, movedEnds) = Sort(moved, n, kind);
                Assert.Equal(y, movedY);
                vjp = SortVjp(x, order, ends, g, n, kind);
                AssertNear(SoftOracle.Pick(vjp, places), SortVjp(moved, movedOrder, movedEnds, g, n, kind), _ => Near(vjp), () => $"sort, {kind}");
                var jvp = SortJvp(x, order, ends, movedG, n, kind);
                AssertNear(jvp, SortJvp(moved, movedOrder, movedEnds, SoftOracle.Pick(movedG, places), n, kind), _ => Near(jvp), () => $"sort, JVP, {kind}");
                AssertTransposed(g, SortJvp(x, order, ends, dx, n, kind), vjp, dx, 256 * n * Unit);
            }
        }
    }

    [Fact]
    public void Tied_entries_of_a_sort_get_the_mean_of_their_places()
    {
        // All places hard: 1 is at place 0, the twos at 1 and 2, 5 at 3.
        foreach (var regularization in Enum.GetValues<SoftRegularization>())
        {
            var kind = new SoftOrder(1e-3, SortDirection.Ascending, regularization);
            double[] x = [2, 5, 2, 1];
            var (y, order, ends) = Sort(x, 4, kind);
            Assert.Equal([1, 2, 2, 5], y);
            Assert.Equal([3, 7, 3, 1], SortVjp(x, order, ends, [1, 2, 4, 7], 4, kind));
            Assert.Equal([7, 2, 2, 1], SortJvp(x, order, ends, [1, 1, 3, 7], 4, kind));
        }
    }

    [Fact]
    public void Masked_entries_are_ranked_together_after_the_smallest_without_a_gradient()
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind with { Lambda = 0.5 })))
        {
            // The largest has rank n where ascending: the masked take the lowest. Where descending they take the highest.
            var x = Inputs.Normal(n, n).Select((v, i) => i % 3 == 1 ? double.NegativeInfinity : v).ToArray();
            var kept = Enumerable.Range(0, n).Where(i => i % 3 != 1).ToArray();
            var (y, order, ends) = Rank(x, n, kind);
            var ascending = kind.Direction == SortDirection.Ascending;
            var shift = ascending ? n - kept.Length : 0;
            var expected = SoftOracle.Rank(SoftOracle.Pick(x, kept), kind).Y.Select(v => v + shift).ToArray();
            AssertNear(expected, SoftOracle.Pick(y, kept), _ => Rounding(n, 10), () => $"{kind}, x = {Show(x)}");
            if (kept.Length == n)
            {
                continue;
            }

            var ranks = Enumerable.Range(1, n - kept.Length).Select(rank => (double)(ascending ? rank : rank + kept.Length)).ToArray();
            var shared = kind.Regularization == SoftRegularization.Quadratic ? ranks.Average() : SoftOracle.LogSumExp(ranks) - Math.Log(ranks.Length);
            var vjp = RankVjp(x, order, ends, Inputs.Normal(n, 1), n, kind);
            var jvp = RankJvp(x, order, ends, Inputs.Normal(n, 1), n, kind);
            Assert.All(vjp.Concat(jvp), v => Assert.True(double.IsFinite(v)));
            for (var i = 1; i < n; i += 3)
            {
                Assert.Equal(shared, y[i], Rounding(n, 1));
                Assert.Equal((0, 0), (vjp[i], jvp[i]));
            }
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_row_that_is_not_admitted_is_NaN_and_rows_are_independent(double poison)
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind)))
        {
            var (x, g) = (Inputs.Normal(3 * n, n), Inputs.Normal(3 * n, 2));
            x[n + (n / 2)] = poison;
            var (y, order, ends) = Sort(x, n, kind);
            AssertRows(x, n, y, row => Sort(row, n, kind).Y);
            AssertRows(x, n, SortVjp(x, order, ends, g, n, kind), (row, part) => SortVjp(row, order[part], ends[part], g[part], n, kind));
            AssertRows(x, n, SortJvp(x, order, ends, g, n, kind), (row, part) => SortJvp(row, order[part], ends[part], g[part], n, kind));
            if (poison != double.NegativeInfinity)
            {
                (y, order, ends) = Rank(x, n, kind);
                Assert.Equal(0, ends[n]);
                AssertRows(x, n, y, row => Rank(row, n, kind).Y);
                AssertRows(x, n, RankVjp(x, order, ends, g, n, kind), (row, part) => RankVjp(row, order[part], ends[part], g[part], n, kind));
                AssertRows(x, n, RankJvp(x, order, ends, g, n, kind), (row, part) => RankJvp(row, order[part], ends[part], g[part], n, kind));
            }

            Assert.Empty(Rank([], n, kind).Y);
            Assert.Empty(Sort([], 0, kind).Y);
        }
    }

    private static void AssertRows(double[] x, int n, double[] actual, Func<double[], double[]> alone) => AssertRows(x, n, actual, (row, _) => alone(row));

    private static void AssertRows(double[] x, int n, double[] actual, Func<double[], Range, double[]> alone)
    {
        Assert.Equal(alone(x[..n], ..n), actual[..n]);
        Assert.All(actual[n..(2 * n)], v => Assert.Equal(double.NaN, v));
        Assert.Equal(alone(x[(2 * n)..], (2 * n)..), actual[(2 * n)..]);
    }

    private void AssertProducts(OracleJacobian jacobian, double[] g, double[] vjp, double[] jvp, Func<string> description)
    {
        AssertProduct(jacobian, g, vjp, 64 * Unit, true, () => $"VJP, {description()}");
        AssertProduct(jacobian, g, jvp, 64 * Unit, false, () => $"JVP, {description()}");
    }
}
