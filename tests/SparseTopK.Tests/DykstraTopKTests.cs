using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Dykstra's algorithm as a solver of the two top-k operators.</summary>
public sealed class DykstraTopKTests
{
    private static readonly DykstraOptions Strict = new() { Tolerance = 1e-9, MaxHalfSweeps = 200_000 };

    [Fact]
    public void It_agrees_with_the_threshold_on_short_rows()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var (n, norm) = (1 + (seed % 30), PNorm.Quadratic(new[] { 0.1, 1, 5 }[seed % 3]));
            var (x, k) = (Inputs.Monotone(seed % 4 == 0 ? "tied" : "random", n, seed), seed % (n + 1));
            foreach (var options in new[] { DykstraOptions.Default, Strict })
            {
                var near = options == Strict ? 1e-6 : 1e-3;
                var (exact, actual, tau, results) = (new double[n], new double[n], new double[1], new DykstraResult[1]);
                TopKMask.Forward<double>(x, n, k, norm, exact);
                TopKMask.Forward<double>(x, n, [k], norm, actual, tau, options, results);
                AssertNear(exact, actual, near, $"mask, n = {n}, k = {k}, seed = {seed}");
                Assert.True(results[0].Converged && results[0].Residual <= options.Tolerance);
                TopKMagnitude.Forward<double>(x, n, k, norm, exact, tau);
                TopKMagnitude.Forward<double>(x, n, [k], norm, actual, tau, options, results);
                AssertNear(exact, actual, near * (1 + x.Max(Math.Abs)), $"magnitude, n = {n}, k = {k}, seed = {seed}");
                Assert.True(results[0].Converged);
            }
        }
    }

    [Fact]
    public void The_solver_argument_takes_the_default_options()
    {
        var (x, y, z, expected, gamma) = (Operators.Normal<float>(60, 2), new float[60], new float[60], new float[60], new double[3]);
        TopKMask.Forward<float>(x, 20, 5, PNorm.Quadratic(1), y, TopKSolver.Dykstra);
        TopKMask.Forward<float>(x, 20, [5], PNorm.Quadratic(1), expected, [], DykstraOptions.Default);
        Assert.Equal(expected, y);
        TopKMagnitude.Forward<float>(x, 20, [5, 3, 0], PNorm.Quadratic(1), z, gamma, TopKSolver.Dykstra);
        TopKMagnitude.Forward<float>(x, 20, [5, 3, 0], PNorm.Quadratic(1), expected, gamma, DykstraOptions.Default);
        Assert.Equal(expected, z);
    }

    [Fact]
    public void Rows_with_a_gap_are_hard_exactly_and_need_no_sweep()
    {
        double[] x = [5, -9, 5.5, 0.25, -0.5, 4];
        var (y, z, gamma, results) = (new double[6], new double[6], new double[1], new DykstraResult[1]);
        TopKMask.Forward<double>(x, 6, [3], PNorm.Quadratic(1), y, [], DykstraOptions.Default, results);
        Assert.Equal([1, 0, 1, 0, 0, 1], y);
        Assert.Equal(new DykstraResult(0, 0, true), results[0]);
        TopKMagnitude.Forward<double>(x, 6, [4], PNorm.Quadratic(1), z, gamma, DykstraOptions.Default, results);
        Assert.Equal([5, -9, 5.5, 0, 0, 4], z);
        Assert.Equal(new DykstraResult(0, 0, true), results[0]);
        TopKMask.Forward<double>(x, 6, [0], PNorm.Quadratic(1), y, [], DykstraOptions.Default, results);
        Assert.Equal(new double[6], y);
        TopKMask.Forward<double>(x, 6, [6], PNorm.Quadratic(1), y, [], DykstraOptions.Default, results);
        Assert.All(y, v => Assert.Equal(1, v));
    }

    [Fact]
    public void Zeros_and_kept_entries_are_exact_and_a_row_that_is_not_admitted_is_NaN()
    {
        foreach (var n in new[] { 10, 30, 50 })
        {
            var x = Inputs.Normal(3 * n, n);
            x[n] = double.NaN;
            var (exact, actual, gamma, results) = (new double[3 * n], new double[3 * n], new double[3], new DykstraResult[3]);
            TopKMask.Forward<double>(x, n, n / 4, PNorm.Quadratic(0.3), exact);
            TopKMask.Forward<double>(x, n, [n / 4], PNorm.Quadratic(0.3), actual, gamma, Strict, results);
            Assert.All(exact.Zip(actual), pair => Assert.True(pair.First is not (0 or 1) || pair.Second == pair.First));
            Assert.All(actual[n..(2 * n)], v => Assert.Equal(double.NaN, v));
            Assert.Equal((0, true), (results[1].HalfSweeps, results[1].Converged));
            TopKMagnitude.Forward<double>(x, n, n / 4, PNorm.Quadratic(0.3), exact, gamma);
            TopKMagnitude.Forward<double>(x, n, [n / 4], PNorm.Quadratic(0.3), actual, gamma, Strict, results);
            Assert.All(exact.Zip(actual), pair => Assert.Equal(pair.First == 0, pair.Second == 0));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_a_row_does_not_converge_nothing_is_written_unless_that_is_accepted(bool inPlace)
    {
        // Row 0 has a gap, row 1 pools 400 entries.
        const int N = 400;
        double[] x = [.. Enumerable.Range(0, N).Select(i => i < 100 ? 50.0 : 0), .. Inputs.Normal(N, 1)];
        var few = new DykstraOptions { MaxHalfSweeps = 5 };
        var destination = inPlace ? (double[])x.Clone() : [.. Enumerable.Repeat(7.0, 2 * N)];
        var before = (double[])destination.Clone();
        var (input, thresholds, results) = (inPlace ? destination : x, new[] { 7.0, 7 }, new DykstraResult[2]);
        var error = Assert.Throws<DykstraConvergenceException>(() =>
            TopKMask.Forward<double>(input, N, [100], PNorm.Quadratic(30), destination, thresholds, few, results));
        Assert.Equal((1, 5, false), (error.Row, error.Result.HalfSweeps, error.Result.Converged));
        Assert.Throws<DykstraConvergenceException>(() =>
            TopKMagnitude.Forward<double>(input, N, [100], PNorm.Quadratic(30), destination, thresholds, few, results));
        Assert.Equal(before, destination);
        Assert.Equal([7, 7], thresholds);
        Assert.All(results, result => Assert.Equal(default, result));

        TopKMask.Forward<double>(input, N, [100], PNorm.Quadratic(30), destination, thresholds, few with { AcceptUnconverged = true }, results);
        Assert.Equal((true, false, 5), (results[0].Converged, results[1].Converged, results[1].HalfSweeps));
        Assert.Equal([.. Enumerable.Range(0, N).Select(i => i < 100 ? 1.0 : 0)], destination[..N]);
        Assert.All(destination[N..], v => Assert.InRange(v, 0, 1));
    }

    [Fact]
    public void Arguments_are_checked_and_p_must_be_2()
    {
        var (x, y, t, none) = (new double[] { 4, 3, 2, 1 }, new double[] { 7, 7, 7, 7 }, new double[1], DykstraOptions.Default);
        void Refuses(string name, Action call) => Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(call).ParamName);
        Refuses("norm", () => TopKMask.Forward<double>(x, 4, [1], PNorm.Smooth(1), y, t, none));
        Refuses("norm", () => TopKMagnitude.Forward<double>(x, 4, [1], new PNorm(3, 1), y, t, none));
        Refuses("solver", () => TopKMask.Forward<double>(x, 4, 1, PNorm.Smooth(1), y, TopKSolver.Dykstra));
        Refuses("solver", () => TopKMagnitude.Forward<double>(x, 4, [1], new PNorm(1.5, 1), y, t, TopKSolver.Dykstra));
        Refuses("options", () => TopKMask.Forward<double>(x, 4, [1], PNorm.Quadratic(1), y, t, null!));
        Refuses("k", () => TopKMask.Forward<double>(x, 4, [5], PNorm.Quadratic(1), y, t, none));
        Refuses("results", () => TopKMask.Forward<double>(x, 4, [1], PNorm.Quadratic(1), y, t, none, new DykstraResult[2]));
        Refuses("thresholds", () => TopKMagnitude.Forward<double>(x, 4, [1], PNorm.Quadratic(1), y, new double[2], none));
        Refuses("destination", () => TopKMask.Forward<double>(x, 4, [1], PNorm.Quadratic(1), y.AsSpan(1), t, none));
        Assert.Equal([7, 7, 7, 7], y);
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance, string name)
    {
        var worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= tolerance, $"{worst:e2} off: {name}");
    }
}
