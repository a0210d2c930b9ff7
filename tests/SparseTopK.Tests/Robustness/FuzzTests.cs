using Xunit;

namespace SparseTopK.Tests.Robustness;

/// <summary>Rows that no one sends on purpose, in float64 too: what is documented holds, and nothing else is thrown.</summary>
public sealed class FuzzTests
{
    private static readonly double[] Exponents = [1.05, 1.25, 4.0 / 3, 1.5, 2];
    private static readonly double[] Far = [1e4, 1e9, 1e15, 1e30, 3e38, 1e100, 1e155];
    private static readonly double[] Hostile =
    [
        0, -0.0, double.Epsilon, -double.Epsilon, 1e-310, 2.2250738585072014e-308, 1e-140, 1e-30, 1, -1, 1.0000000000000002, 0.9999999999999999, 2,
        1e16, 1e30, -1e30, 1e140, -1e140, double.NaN, double.PositiveInfinity, double.NegativeInfinity,
    ];

    /// <summary>Some scores near 0 and clusters far from them, as finite masks make them: the shares sum to k all the same.</summary>
    [Theory]
    [InlineData(1, 65)]
    [InlineData(65, 256)]
    [InlineData(256, 3000)]
    public void Shares_sum_to_k_however_far_apart_the_scores_are(int least, int most)
    {
        for (var trial = 0; trial < 1500; trial++)
        {
            var random = new Random(trial);
            var (n, norm) = (random.Next(least, most), new PNorm(Exponents[random.Next(5)], Math.Pow(10, random.Next(-4, 3))));
            var (k, far, share) = (random.Next(1, n + 1), Far[random.Next(7)], random.NextDouble());
            var (near, isRound) = (random.Next(2) == 0 ? far : Far[random.Next(7)], random.Next(2) == 0);
            var x = new double[n];
            for (var i = 0; i < n; i++)
            {
                x[i] = random.NextDouble() < share ? (random.Next(2) == 0 ? -far : near) : isRound ? random.Next(-3, 3) : (4 * random.NextDouble()) - 2;
            }

            Assert.Equal(k, TopKMask.Forward<double>(x, k, norm).Sum(), 1e-6 * k);
            if (far < 1e39 && near < 1e39)
            {
                Assert.Equal(k, TopKMask.Forward<float>(Array.ConvertAll(x, v => (float)v), k, norm).Sum(y => (double)y), 1e-5 * k);
            }
        }
    }

    [Fact]
    public void Hostile_rows_have_documented_results()
    {
        for (var trial = 0; trial < 4000; trial++)
        {
            var random = new Random(trial);
            var n = random.Next(1, trial % 20 == 0 ? 600 : 40);
            var x = new double[n];
            for (var i = 0; i < n; i++)
            {
                x[i] = random.Next(3) switch { 0 => random.Next(-2, 3), 1 => random.NextDouble() - 0.5, _ => Hostile[random.Next(trial % 3 == 0 ? 21 : 18)] };
            }

            var g = Operators.Normal<double>(n, trial);
            var (k, norm) = (random.Next(n + 1), new PNorm(Exponents[random.Next(5)], Math.Pow(10, random.Next(-30, 30))));
            var isFinite = Array.TrueForAll(x, double.IsFinite);
            var isValid = !Array.Exists(x, v => double.IsNaN(v) || double.IsPositiveInfinity(v));
            Rows(isValid, TopKMask.Forward<double>(x, k, norm), v => v is >= 0 and <= 1);
            Rows(isFinite, TopKMagnitude.Forward<double>(x, n, k, norm, out var gamma), double.IsFinite);
            Rows(isFinite, TopKMagnitude.Vjp<double>(x, gamma, g, n, k, norm), double.IsFinite);
            Rows(isFinite, IsotonicRegression.Forward<double>(x), double.IsFinite);
            foreach (var regularization in Enum.GetValues<SoftRegularization>())
            {
                var order = new SoftOrder(norm.Lambda, (SortDirection)(trial % 2), regularization);
                var ranks = SoftRank.Forward<double>(x, n, order, out var permutation, out var ends);
                Rows(isValid, ranks, v => v > 1 - 1e-6 && v < n + 1e-6);
                Rows(isValid, SoftRank.Vjp<double>(x, permutation, ends, g, n, order), double.IsFinite);
                Rows(isFinite, SoftSort.Forward<double>(x, order), double.IsFinite);
            }

            void Rows(bool isValid, double[] row, Predicate<double> holds) =>
                Assert.True(Array.TrueForAll(row, isValid ? holds : double.IsNaN), $"trial {trial}: ({string.Join(", ", row.Take(20))})");
        }
    }
}
