using System.Numerics;
using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Ties, as labels and rounded scores leave them: tied entries share their ranks, and blocks that only rounding keeps apart are one.</summary>
public abstract partial class SoftOrderContract
{
    /// <summary>Numbers of few bits, which multiply integers exactly.</summary>
    private static readonly double[] ExactStrengths = [1 / 64.0, 1, 30];

    [ContractFact]
    public void Ranks_and_sorts_of_short_rows_of_ties_match_the_formulas_of_the_blocks()
    {
        foreach (var (shape, x) in Inputs.RowsOfTies(IsDouble, 3, 6, 9, 16, 17, 40))
        {
            var n = x.Length;
            foreach (var order in Kinds.SelectMany(_ => Strengths, (kind, lambda) => kind with { Lambda = lambda }))
            {
                var (rank, sort) = (SoftOracle.Rank(x, order).Y, SoftOracle.Sort(x, order).Y);
                var near = Rounding(Largest(rank), Largest(x) / order.Lambda);
                var y = Rank(x, n, order).Y;
                AssertNear(rank, y, _ => near, () => $"rank, {shape}, {order}, x = {Show(x)}");
                Assert.All(x.Zip(y).GroupBy(pair => pair.First), group => Assert.Single(group.Select(pair => pair.Second).Distinct()));
                near = Rounding(Largest(sort) + Largest(x), Math.Min(n / order.Lambda, Largest(x)));
                AssertNear(sort, Sort(x, n, order).Y, _ => near, () => $"sort, {shape}, {order}, x = {Show(x)}");
            }
        }
    }

    [ContractFact]
    public void Quadratic_ranks_and_sorts_of_long_rows_of_ties_come_of_the_exact_blocks()
    {
        foreach (var (shape, x) in Inputs.RowsOfTies(IsDouble, 65, 66, 67, 300, 301, 999, 1000, 3000))
        {
            var n = x.Length;
            foreach (var order in Kinds.Take(2).SelectMany(_ => ExactStrengths, (kind, lambda) => kind with { Lambda = lambda }))
            {
                AssertNear(ExactRank(x, order), Rank(x, n, order).Y, _ => Rounding(n, n), () => $"rank, {shape}, n = {n}, {order}");
                var near = Rounding(Largest(x), Largest(x));
                AssertNear(ExactSort(x, order), Sort(x, n, order).Y, _ => near, () => $"sort, {shape}, n = {n}, {order}");
            }
        }
    }

    [ContractFact]
    public void Published_rows_of_ties_have_their_ranks_and_sorts()
    {
        // Three entries share log((e^4 + e^5 + e^6)/3), the others log((e + e^2 + e^3)/3).
        var (high, low) = (6 + Math.Log((1 + Math.Exp(-1) + Math.Exp(-2)) / 3), 3 + Math.Log((1 + Math.Exp(-1) + Math.Exp(-2)) / 3));
        var ranks = Rank([8, 5, 8, 8, 5, 5], 6, new SoftOrder(1, SortDirection.Ascending, SoftRegularization.Entropic)).Y;
        AssertNear([high, low, high, high, low, low], ranks, _ => Rounding(6, 8), () => "entropic ranks");
        var sorted = Sort([0.7f, 0.8f, 0.8f], 3, new SoftOrder(30)).Y;
        AssertNear([2.2 / 3, 2.3 / 3, 0.8], sorted, _ => 1e-6, () => "sorted tenths");
    }

    /// <summary>s - v, by the exact blocks of x - lambda w: lambda is a number of few bits.</summary>
    private static double[] ExactRank(double[] x, SoftOrder order)
    {
        var (n, sign) = (x.Length, order.Direction == SortDirection.Ascending ? 1 : -1);
        var places = Enumerable.Range(0, n).OrderByDescending(i => sign * x[i]).ToArray();
        BigInteger[] scores = [.. places.Select(i => sign * ExactPooling.Of(x[i]))];
        var ends = ExactPooling.Blocks(scores.Select((s, i) => s - ((n - i) * ExactPooling.Of(order.Lambda))));
        var (means, ranks) = (ExactPooling.Means(scores, ends), ExactPooling.Means([.. SoftOracle.Falling(n).Select(ExactPooling.Of)], ends));
        var y = new double[n];
        for (var i = 0; i < n; i++)
        {
            y[places[i]] = (((sign * x[places[i]]) - means[i]) / order.Lambda) + ranks[i];
        }

        return y;
    }

    /// <summary>The same with the places for scores and the entries for weights.</summary>
    private static double[] ExactSort(double[] x, SoftOrder order)
    {
        var (n, sign) = (x.Length, order.Direction == SortDirection.Ascending ? -1 : 1);
        double[] sorted = [.. x.Select(v => sign * v).OrderDescending()];
        BigInteger[] weights = [.. sorted.Select(ExactPooling.Of)], falling = [.. SoftOracle.Falling(n).Select(ExactPooling.Of)];
        var ends = ExactPooling.Blocks(falling.Select((s, i) => s - (weights[i] * (BigInteger)(order.Lambda * 64) / 64)));
        var (means, places) = (ExactPooling.Means(weights, ends), ExactPooling.Means(falling, ends));
        return [.. means.Select((mean, i) => sign * (mean + ((n - i - places[i]) / order.Lambda)))];
    }
}
