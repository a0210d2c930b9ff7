using Xunit;

namespace SparseTopK.Tests;

/// <summary>Faults of the isotonic family that were found once, each by its smallest case.</summary>
public sealed class FamilyRegressionTests
{
    [Theory]
    [InlineData(1.0092983471738632, 0.23495192640710422, 3.2957653619108407)]
    [InlineData(0.5232509719316154, 0.20641723146571686, 1.5349190482603696)]
    [InlineData(0.5200571487751124, 0.20043150200485046, 1.5946876791978888)]
    public void Dykstra_one_rounding_away_from_a_gap(double larger, double smaller, double lambda)
    {
        var (z, expected, gamma) = (new double[2], new double[2], new double[1]);
        TopKMagnitude.Forward<double>([larger, smaller], 2, 1, PNorm.Quadratic(lambda), z, gamma, TopKSolver.Dykstra);
        TopKMagnitude.Forward<double>([larger, smaller], 2, 1, PNorm.Quadratic(lambda), expected, gamma);
        Assert.Equal(expected[0], z[0], 1e-6);
        Assert.Equal(expected[1], z[1], 1e-6);
    }

    [Fact]
    public void The_certificates_may_not_overlap()
    {
        var (y, buffer) = (new double[] { 7, 7, 7, 7 }, new int[8]);
        Assert.Equal("blockEnds", Assert.ThrowsAny<ArgumentException>(
            () => SoftRank.Forward<double>([3, 1, 2, 0], 4, new(0.1), y, buffer.AsSpan(0, 4), buffer.AsSpan(2, 4))).ParamName);
        Assert.Equal("blockEnds", Assert.ThrowsAny<ArgumentException>(
            () => SoftSort.Forward<double>([3, 1, 2, 0], 4, new(0.1), y, buffer.AsSpan(0, 4), buffer.AsSpan(0, 4))).ParamName);
        Assert.Equal([7, 7, 7, 7], y);
    }

    [Theory]
    [InlineData(1.1, 1e300)]
    [InlineData(4.0 / 3, 1e250)]
    [InlineData(3, 1e104)]
    public void A_huge_strength_presses_the_quadratic_term_to_zero(double p, double lambda)
    {
        var v = IsotonicRegression.Forward<double>([3, 5, 1], 3, [1, 1, 0], IsotonicObjective.QuadraticTerm(new(p, lambda)), out _);
        Assert.InRange(v[0], 0, 1e-9);
        Assert.InRange(v[1], 0, 1e-9);
        Assert.Equal(0.0, v[2], 1e-9);
    }

    [Theory]
    [InlineData(1.001, 10)]
    [InlineData(1.01, 1e5)]
    [InlineData(4.0 / 3, 1e200)]
    public void Lambda_counts_beside_a_large_entry(double p, double large)
    {
        var v = IsotonicRegression.Forward<double>([large, 1, 0], 3, [1, 1, 1], IsotonicObjective.LinearTerm(new(p, 0.1)), out _);
        Assert.Equal(0.9, v[1], 1e-6);
        Assert.Equal(-0.1, v[2], 1e-6);
    }

    [Theory]
    [InlineData(1, 2, 1e308)]
    [InlineData(0, 1e200, 1e200)]
    [InlineData(0, 1e-5, 1e-320)]
    [InlineData(0, 1e-200, 1e-200)]
    public void Weights_of_any_size_give_their_mean(double first, double second, double weight)
    {
        double[] x = [first, second, first, second, first, second, first, second, first, second], w = new double[10];
        Array.Fill(w, weight);
        foreach (var n in new[] { 2, 10 })
        {
            var v = IsotonicRegression.Forward<double>(x.AsSpan(0, n), n, w.AsSpan(0, n), IsotonicObjective.LeastSquares, out var ends);
            Assert.All(v, value => Assert.Equal(1, value / ((first + second) / 2), 1e-12));
            var product = IsotonicRegression.Vjp<double>(
                x.AsSpan(0, n), v, ends, x.AsSpan(0, n), n, w.AsSpan(0, n), IsotonicObjective.LeastSquares);
            Assert.All(product, value => Assert.Equal(1, value / ((first + second) / 2), 1e-12));
            var projected = Dykstra.Project<double>(x.AsSpan(0, n), w.AsSpan(0, n), out var result);
            Assert.True(result.Converged);
            Assert.All(projected, value => Assert.Equal(1, value / ((first + second) / 2), 1e-3));
        }
    }

    [Theory]
    [InlineData(2.5)]
    [InlineData(3)]
    [InlineData(4)]
    public void An_entry_at_zero_steers_its_block_where_p_is_above_2(double p)
    {
        double[] x = [0.5, 0, -0.5], w = [1, 0, -1], g = [1.1, 2.3, 4.7];
        var norm = new PNorm(p, 1);
        var y = Permutahedron.Forward<double>(x, 3, w, norm, out var permutation, out var ends);
        Assert.Equal([3, 3, 3], ends);
        Assert.Equal(0, y[1]);

        // The middle entry keeps v at its own x, so that y_i = sign(x_i - x_2) |x_i - x_2|^a for the others.
        var slope = norm.ResponseExponent * Math.Pow(0.5, norm.ResponseExponent - 1);
        var actual = Permutahedron.Vjp<double>(y, permutation, ends, g, 3, norm);
        Assert.Equal(slope * (g[0] - g[1]), actual[0], 1e-9);
        Assert.Equal(slope * (g[2] - g[1]), actual[2], 1e-9);
        Assert.Equal(-actual[0] - actual[2], actual[1], 1e-9);
    }

    [Fact]
    public void Entropic_gradients_keep_their_digits_far_from_zero()
    {
        double[] x = [1e8, 1e8 + 1, 1e8 + 2], near = [0, 1, 2], g = [1, 2, 4];
        var order = new SoftOrder(100, Regularization: SoftRegularization.Entropic);
        SoftRank.Forward<double>(x, 3, order, out var permutation, out var ends);
        Assert.Equal(
            SoftRank.Vjp<double>(near, permutation, ends, g, 3, order), SoftRank.Vjp<double>(x, permutation, ends, g, 3, order));
        var tiny = new SoftOrder(1e-300, Regularization: SoftRegularization.Entropic);
        SoftRank.Forward<double>([1e10, 1e10], 2, tiny, out permutation, out ends);
        Assert.Equal([0, 0], SoftRank.Vjp<double>([1e10, 1e10], permutation, ends, [1, 1], 2, tiny));
    }

    [Fact]
    public void The_smallest_numbers_are_out_of_order_too()
    {
        var v = Dykstra.Project<double>([0, 5e-324], [], out var result);
        Assert.True(result.HalfSweeps > 0);
        Assert.True(v[0] >= v[1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DykstraOptions { Tolerance = double.PositiveInfinity });
    }
}
