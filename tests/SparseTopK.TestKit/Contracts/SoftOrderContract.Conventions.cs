using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Limits, scales, masked entries, rows that are not admitted, and floats that no one sends on purpose.</summary>
public abstract partial class SoftOrderContract
{
    [ContractFact]
    public void A_small_lambda_gives_hard_ranks_and_a_sorted_row_exactly()
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind with { Lambda = 1e-9 })))
        {
            var x = Inputs.Normal(n, n);
            var ascending = kind.Direction == SortDirection.Ascending;
            var hard = Array.ConvertAll(x, v => 1.0 + x.Count(other => ascending ? other < v : other > v));
            Assert.Equal(hard, Rank(x, n, kind).Y);
            Assert.Equal(ascending ? [.. x.Order()] : x.OrderDescending().ToArray(), Sort(x, n, kind).Y);

            // Tied entries share their ranks, and are each other's place in a sort.
            var tied = Inputs.Tied(n, n);
            Assert.Equal(ascending ? [.. tied.Order()] : tied.OrderDescending().ToArray(), Sort(tied, n, kind).Y);
            if (kind.Regularization == SoftRegularization.Quadratic)
            {
                var shared = Array.ConvertAll(tied, v =>
                    1.0 + tied.Count(other => ascending ? other < v : other > v) + ((tied.Count(other => other == v) - 1) / 2.0));
                Assert.Equal(shared, Rank(tied, n, kind).Y);
            }
        }
    }

    [ContractFact]
    public void Quadratic_ranks_see_the_ratio_of_x_to_lambda_and_sorts_scale_with_x()
    {
        foreach (var scale in new[] { Math.Pow(2, -90), Math.Pow(2, 90) })
        {
            foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds.Take(2), (n, kind) => (n, kind)))
            {
                var (x, g) = (Inputs.Normal(n, n), Inputs.Normal(n, 1));
                var scaled = Array.ConvertAll(x, v => v * scale);
                var (y, order, ends) = Rank(x, n, kind);
                Assert.Equal(y, Rank(scaled, n, kind with { Lambda = scale }).Y);
                var vjp = RankVjp(scaled, order, ends, g, n, kind with { Lambda = scale });
                Assert.Equal(RankVjp(x, order, ends, g, n, kind), Array.ConvertAll(vjp, v => v * scale));
                var sorted = Sort(scaled, n, kind with { Lambda = 1 / scale });
                Assert.Equal(Sort(x, n, kind).Y, Array.ConvertAll(sorted.Y, v => v / scale));
            }
        }
    }

    [ContractFact]
    public void A_large_lambda_gives_the_mean()
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind with { Lambda = 1e12 })))
        {
            var x = Inputs.Normal(n, n);
            var quadratic = kind.Regularization == SoftRegularization.Quadratic;
            var sign = kind.Direction == SortDirection.Ascending ? -1 : 1;
            var rank = quadratic ? (n + 1) / 2.0 : SoftOracle.LogSumExp(SoftOracle.Falling(n)) - Math.Log(n);
            Assert.All(Rank(x, n, kind).Y, v => Assert.Equal(rank, v, Rounding(n, 1) + 1e-9));
            var mean = quadratic ? x.Average() : sign * (SoftOracle.LogSumExp(x.Select(v => sign * v)) - Math.Log(n));
            Assert.All(Sort(x, n, kind).Y, v => Assert.Equal(mean, v, Rounding(1, 1) + 1e-9));
        }
    }

    [ContractFact]
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

    [ContractTheory]
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

    [ContractFact]
    public void Hostile_floats_give_ranks_and_values_in_range_and_in_order()
    {
        var random = new Random(4);
        for (var trial = 0; trial < 400; trial++)
        {
            var n = random.Next(1, trial % 20 == 0 ? 700 : 40);
            var (x, kind) = (Hostile(random, n), Kinds[trial % 4] with { Lambda = Math.Pow(10, random.Next(-9, 7)) });
            var (y, order, ends) = Rank(x, n, kind);
            Assert.All(y, v => Assert.InRange(v, 1 - Rounding(n, n), n + Rounding(n, n)));
            Assert.All(Enumerable.Range(1, n - 1), j => Assert.True(y[order[j]] <= y[order[j - 1]], $"rank, {kind}, x = {Show(x)}"));
            Assert.All(RankVjp(x, order, ends, Inputs.Normal(n, 1), n, kind), v => Assert.True(double.IsFinite(v), $"rank, {kind}, x = {Show(x)}"));

            (y, order, ends) = Sort(x, n, kind);
            var near = Rounding(Largest(x), 0);
            Assert.All(y, v => Assert.InRange(v, x.Min() - near, x.Max() + near));
            Assert.Equal(kind.Direction == SortDirection.Ascending ? [.. y.Order()] : y.OrderDescending().ToArray(), y);
            Assert.All(SortVjp(x, order, ends, Inputs.Normal(n, 1), n, kind), v => Assert.True(double.IsFinite(v), $"sort, {kind}, x = {Show(x)}"));
        }
    }

    private static void AssertRows(double[] x, int n, double[] actual, Func<double[], double[]> alone) =>
        AssertRows(x, n, actual, (row, _) => alone(row));

    private static void AssertRows(double[] x, int n, double[] actual, Func<double[], Range, double[]> alone)
    {
        Assert.Equal(alone(x[..n], ..n), actual[..n]);
        Assert.All(actual[n..(2 * n)], v => Assert.Equal(double.NaN, v));
        Assert.Equal(alone(x[(2 * n)..], (2 * n)..), actual[(2 * n)..]);
    }
}
