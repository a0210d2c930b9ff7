using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Dykstra's algorithm: what it tends to, and how honestly it says how near it came.</summary>
public sealed class DykstraTests
{
    private static readonly IsotonicOrder[] Orders = [IsotonicOrder.Decreasing, IsotonicOrder.Increasing];
    private static readonly int[] Lengths = [1, 2, 3, 5, 8, 13, 20];
    private static readonly int[] Longer = [2, 3, 8, 9, 64, 65, 130];
    private static readonly float[] Poison = [float.NaN, float.PositiveInfinity, float.NegativeInfinity];

    [Fact]
    public void It_converges_to_the_exact_solution_of_short_rows()
    {
        foreach (var (n, order) in Lengths.SelectMany(_ => Orders, (n, order) => (n, order)))
        {
            foreach (var (shape, tolerance) in new[] { ("random", 1e-6), ("rising", 1e-9), ("falling", 1e-6), ("tied", 1e-9), ("plateaus", 1e-12) })
            {
                foreach (var w in new[] { Inputs.Positive(n, n), [] })
                {
                    var x = Inputs.Monotone(shape, n, n);
                    var v = Dykstra.Project<double>(x, w, out var result, new() { Tolerance = tolerance }, order);
                    double[] weights = w.Length == 0 ? [.. Enumerable.Repeat(1.0, n)] : w;
                    var exact = IsotonicOracle.Solve(new IsotonicProblem(x, weights, OracleTerm.LeastSquares, default), order);
                    var pooled = exact.Blocks.Max(block => block.End - block.Start);
                    var error = v.Zip(exact.V, (a, b) => Math.Abs(a - b)).Max();
                    Assert.True(result.Converged);
                    Assert.InRange(result.Residual, 0, tolerance);
                    Assert.InRange(error, 0, ((pooled * pooled * tolerance) + 1e-14) * (x.Max() - x.Min() + 1e-9));
                }
            }
        }
    }

    [Fact]
    public void Its_iterates_and_its_residual_are_those_of_the_algorithm()
    {
        foreach (var (n, order) in Longer.SelectMany(_ => Orders, (n, order) => (n, order)))
        {
            foreach (var sweeps in new[] { 2, 3, 4, 7, 20, 51 })
            {
                var (x, w) = (Inputs.Normal(n, n), Inputs.Positive(n, 1));
                var options = new DykstraOptions { Tolerance = 0, MaxHalfSweeps = sweeps };
                var v = Dykstra.Project<double>(x, w, out var result, options, order);
                var (expected, residual) = DykstraOracle.Run(x, w, result.HalfSweeps, order);
                Assert.All(expected.Zip(v), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
                Assert.Equal(residual, result.Residual, 1e-12);
                Assert.Equal(result.Converged, result.Residual == 0);
                Assert.True(result.Converged ? result.HalfSweeps <= sweeps : result.HalfSweeps == sweeps, $"{result} of {sweeps}");
            }
        }
    }

    [Fact]
    public void Where_it_has_not_converged_it_says_so()
    {
        var x = Inputs.Monotone("rising", 300, 1);
        foreach (var sweeps in new[] { 2, 3, 10, 99 })
        {
            var v = Dykstra.Project<double>(x, [], out var result, new() { MaxHalfSweeps = sweeps });
            Assert.Equal((sweeps, false), (result.HalfSweeps, result.Converged));
            Assert.InRange(result.Residual, 1e-6, 1);
            Assert.Contains(v, value => Math.Abs(value - x.Average()) > 0.1);
        }
    }

    [Fact]
    public void After_one_half_sweep_the_residual_is_a_number_too()
    {
        var x = Inputs.Monotone("rising", 300, 1);
        var v = Dykstra.Project<double>(x, [], out var result, new() { MaxHalfSweeps = 1 });
        var (expected, residual) = DykstraOracle.Run(x, [.. x.Select(_ => 1.0)], 1, IsotonicOrder.Decreasing);
        Assert.Equal((1, false), (result.HalfSweeps, result.Converged));
        Assert.All(expected.Zip(v), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Equal(residual, result.Residual, 1e-12);
    }

    [Fact]
    public void Rows_with_nothing_to_do_are_returned_as_they_are()
    {
        foreach (var x in new double[][] { [3], [2, 2, 2], [5, 4, 1, 1, -7] })
        {
            Assert.Equal(x, Dykstra.Project<double>(x, [], out var result));
            Assert.Equal((0.0, true), (result.Residual, result.Converged));
            Assert.InRange(result.HalfSweeps, 0, x.Length == 1 ? 0 : 2);
        }

        Assert.Empty(Dykstra.Project<double>([], [], out var none));
        Assert.True(none.Converged);
        Dykstra.Project<float>([], 5, [], [], []);
    }

    [Fact]
    public void A_row_that_is_not_admitted_is_NaN_and_rows_are_independent()
    {
        foreach (var (n, poison) in Longer.SelectMany(_ => Poison, (n, poison) => (n, poison)))
        {
            var (x, w, options) = (Operators.Normal<float>(3 * n, n), Operators.Normal<float>(3 * n, 1), new DykstraOptions { MaxHalfSweeps = 60 });
            w = Array.ConvertAll(w, v => 0.5f + Math.Abs(v));
            x[n + (n / 2)] = poison;
            var (v, results) = (new float[3 * n], new DykstraResult[3]);
            Dykstra.Project<float>(x, n, w, v, results, options);
            Assert.All(v[n..(2 * n)], value => Assert.Equal(float.NaN, value));
            Assert.Equal((double.NaN, true), (results[1].Residual, results[1].Converged));
            foreach (var row in new[] { 0, 2 })
            {
                var range = (row * n)..((row + 1) * n);
                Assert.Equal(Dykstra.Project<float>(x[range], w[range], out var alone, options), v[range]);
                Assert.Equal(alone, results[row]);
            }
        }
    }

    [Fact]
    public void The_scale_of_a_row_does_not_matter_to_when_it_stops()
    {
        foreach (var scale in new[] { Math.Pow(2, -100), Math.Pow(2, 100) })
        {
            var x = Inputs.Normal(20, 3);
            var v = Dykstra.Project<double>(x, [], out var result);
            var scaled = Dykstra.Project<double>(Array.ConvertAll(x, value => value * scale), [], out var same);
            Assert.Equal(result, same);
            Assert.Equal(Array.ConvertAll(v, value => value * scale), scaled);
        }
    }

    [Fact]
    public void The_options_check_their_values()
    {
        foreach (var bad in new[] { -1e-9, double.NaN, double.NegativeInfinity })
        {
            Assert.Equal("Tolerance", Assert.Throws<ArgumentOutOfRangeException>(() => new DykstraOptions { Tolerance = bad }).ParamName);
        }

        foreach (var bad in new[] { 0, -1, int.MinValue })
        {
            Assert.Equal("MaxHalfSweeps", Assert.Throws<ArgumentOutOfRangeException>(() => new DykstraOptions { MaxHalfSweeps = bad }).ParamName);
        }

        var usual = DykstraOptions.Default;
        Assert.Equal((1e-6, 10_000, false), (usual.Tolerance, usual.MaxHalfSweeps, usual.AcceptUnconverged));
    }
}
