using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>The thresholds that Forward reports: the largest root.</summary>
public sealed class RootTests
{
    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void In_a_gap_tau_lies_lambda_below_the_smallest_kept(TopKSolver solver)
    {
        foreach (var n in new[] { 2, 7, 64, 65, 300, 3000 })
        {
            var x = Gapped(n, n / 2, out var kept);
            var tau = new double[1];
            TopKMask.Forward<double>(x, n, n / 2, PNorm.Smooth(0.25), new double[n], tau, solver);
            Assert.Equal(kept - 0.25, tau[0]);
        }
    }

    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void In_a_gap_gamma_saturates_just_the_smallest_kept(TopKSolver solver)
    {
        foreach (var p in new[] { 1.1, 4.0 / 3.0, 1.5, 2, 3 })
        {
            foreach (var n in new[] { 2, 7, 64, 65, 300, 3000 })
            {
                var (x, norm, gamma) = (Gapped(n, n / 2, out var kept), new PNorm(p, 0.25), new double[1]);
                TopKMagnitude.Forward<double>(x, n, n / 2, norm, new double[n], gamma, solver);
                Assert.Equal(kept, gamma[0] + (norm.Lambda * Math.Pow(gamma[0], p - 1)), 1e-14 * kept);
            }
        }
    }

    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void Inside_the_thresholds_are_those_of_the_oracle(TopKSolver solver)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var n = 3 + (seed * 11 % 280);
            var norm = new PNorm(new[] { 1.2, 4.0 / 3.0, 1.5, 2, 3 }[seed % 5], Math.Pow(10, (seed % 5) - 2));
            var (x, k) = (Inputs.Normal(n, seed), 1 + (n / 3));
            var (tau, gamma) = (new double[1], new double[1]);
            TopKMask.Forward<double>(x, n, k, norm, new double[n], tau, solver);
            TopKMagnitude.Forward<double>(x, n, k, norm, new double[n], gamma, solver);
            var (expectedTau, expectedGamma) = (Oracle.Mask(x, k, norm).Threshold, Oracle.Magnitude(x, k, norm).Threshold);
            Assert.Equal(expectedTau, tau[0], 1e-12 * (Math.Abs(expectedTau) + norm.Lambda));
            Assert.Equal(expectedGamma, gamma[0], 1e-10 * expectedGamma);
        }
    }

    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void Rows_without_a_choice_have_the_documented_thresholds(TopKSolver solver)
    {
        foreach (var n in new[] { 3, 64, 100, 400 })
        {
            var few = new double[n];
            few[1] = 2;
            var masked = few.Select(v => v == 0 ? double.NegativeInfinity : v).ToArray();
            double[] invalid = [double.NaN, .. few[1..]];
            Assert.Equal((double.PositiveInfinity, double.PositiveInfinity), Thresholds(few, few, 0, solver));
            Assert.Equal((double.NegativeInfinity, 0), Thresholds(masked, few, 2, solver));
            Assert.Equal((double.NaN, double.NaN), Thresholds(invalid, invalid, 2, solver));
            Assert.Equal((double.NaN, double.NaN), Thresholds(invalid, invalid, 0, solver));
        }
    }

    private static (double Tau, double Gamma) Thresholds(double[] mask, double[] magnitude, int k, TopKSolver solver)
    {
        var (tau, gamma, n) = (new double[1], new double[1], mask.Length);
        TopKMask.Forward<double>(mask, n, k, PNorm.Quadratic(1), new double[n], tau, solver);
        TopKMagnitude.Forward<double>(magnitude, n, k, PNorm.Quadratic(1), new double[n], gamma, solver);
        return (tau[0], gamma[0]);
    }

    /// <summary>k entries from 10 up, the rest from 1 down to 0, in disorder.</summary>
    private static double[] Gapped(int n, int k, out double kept)
    {
        var x = Enumerable.Range(0, n).Select(i => i < k ? 10 + (i * 0.5) : (i - k + 1.0) / n).ToArray();
        kept = x.Where(v => v >= 10).DefaultIfEmpty(double.NaN).Min();
        new Random(n).Shuffle(x);
        return x;
    }
}
