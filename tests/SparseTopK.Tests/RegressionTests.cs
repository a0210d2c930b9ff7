using Xunit;

namespace SparseTopK.Tests;

/// <summary>The smallest inputs on which something once went wrong.</summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData(256, 26, 255)]
    [InlineData(300, 10, 150)]
    [InlineData(5000, 100, 4000)]
    public void A_row_of_mostly_zeros_is_kept_whole_when_k_exceeds_the_others(int n, int others, int k)
    {
        var x = new float[n];
        for (var i = 0; i < others; i++)
        {
            x[i * n / others] = i + 1;
        }

        var z = new float[n];
        TopKMagnitude.Forward<float>(x, n, k, PNorm.Quadratic(0.3), z, new double[1]);
        Assert.Equal(x, z);
    }

    [Theory]
    [InlineData(256, 1, 200)]
    [InlineData(5000, 0, 4000)]
    public void A_row_of_mostly_masked_entries_is_kept_whole_when_k_exceeds_the_others(int n, int others, int k)
    {
        var x = new float[n];
        Array.Fill(x, float.NegativeInfinity);
        x.AsSpan(0, others).Fill(3);
        var y = new float[n];
        TopKMask.Forward<float>(x, n, k, PNorm.Quadratic(0.3), y);
        Assert.Equal(Array.ConvertAll(x, v => v == 3 ? 1f : 0f), y);
    }

    [Theory]
    [InlineData(TopKSolver.Threshold, 1.1)]
    [InlineData(TopKSolver.Pav, 1.1)]
    [InlineData(TopKSolver.Pav, 1.2)]
    [InlineData(TopKSolver.Pav, 1.5)]
    public void Tiny_tied_magnitudes_have_a_threshold_and_a_gradient(TopKSolver solver, double p)
    {
        double[] x = [1e-45, 1e-45, 1e-45, 1e-45, 1e-45, 1e-45];
        var (z, gamma, gradient) = (new double[6], new double[1], new double[6]);
        TopKMagnitude.Forward<double>(x, 6, 4, new PNorm(p, 1000), z, gamma, solver);
        TopKMagnitude.Vjp<double>(x, gamma, [1, 1, 1, 1, 1, 1], 6, 4, new PNorm(p, 1000), gradient);
        Assert.InRange(gamma[0], 0, 1e-45);
        Assert.All(z, v => Assert.InRange(v, 0.5e-45, 1e-45));
        Assert.All(gradient, v => Assert.True(double.IsFinite(v)));
    }

    [Theory]
    [InlineData(TopKSolver.Threshold, 1, 2, 1e-17)]
    [InlineData(TopKSolver.Pav, 1, 2, 1e-17)]
    [InlineData(TopKSolver.Threshold, 3e38, 1.5, 1000)]
    [InlineData(TopKSolver.Pav, 3e38, 1.5, 1000)]
    [InlineData(TopKSolver.Threshold, 1e30, 4.0 / 3.0, 1)]
    public void Ties_share_equally_where_lambda_is_below_their_last_digit(TopKSolver solver, double value, double p, double lambda)
    {
        double[] x = [value, -value, value, 0];
        var z = new double[4];
        TopKMagnitude.Forward<double>(x, 4, 2, new PNorm(p, lambda), z, new double[1], solver);
        Assert.All(z[..3], v => Assert.Equal(2.0 / 3.0, Math.Abs(v) / value, 1e-3));
    }

    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void Entries_of_very_different_sizes_are_kept_at_a_large_lambda(TopKSolver solver)
    {
        double[] x = [1e30, 1, 1e-10, 1e-20, 1e-30, 1e-33];
        foreach (var p in new[] { 1.2, 1.5, 4.0 / 3.0, 2 })
        {
            var (z, norm) = (new double[6], new PNorm(p, 1e5));
            TopKMagnitude.Forward<double>(x, 6, 4, norm, z, new double[1], solver);
            Assert.All(TestKit.Oracle.Magnitude(x, 4, norm).Output.Zip(z), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * pair.First));
        }
    }

    [Fact]
    public void A_pool_without_slope_has_a_finite_gradient()
    {
        double[] x = [-2.3058412237896046E-34, -1.4702819772211199E-33, 4.357783504386324E-25, -2.9468966290368674E-30];
        var (gamma, gradient, norm) = (new double[1], new double[4], new PNorm(1.1, 1e5));
        TopKMagnitude.Forward<double>(x, 4, 1, norm, new double[4], gamma);
        TopKMagnitude.Vjp<double>(x, gamma, [1, 2, 3, 4], 4, 1, norm, gradient);
        Assert.All(gradient, v => Assert.True(double.IsFinite(v)));
    }

    [Theory]
    [InlineData(1.2, 2)]
    [InlineData(3, 0.5)]
    [InlineData(1.1, 1)]
    public void An_entry_does_not_depend_on_which_others_are_dropped_beside_it(double p, double lambda)
    {
        // Ties, with a dropped entry among some of them and not among others.
        double[] x = [0.5, 0, 0, 0, 0, -9, 0, 0, 0, -0.25, 0, 0, 0, -9, -9, -9, 0];
        var y = new double[x.Length];
        for (var k = 1; k < 13; k++)
        {
            TopKMask.Forward<double>(x, x.Length, k, new PNorm(p, lambda), y);
            Assert.Single(y.Where((_, i) => x[i] == 0).Distinct());
        }
    }

    /// <summary>The key at the root is 0, which is not the end of the search.</summary>
    [Fact]
    public void A_mask_with_p_above_2_shares_among_zeros()
    {
        var x = new float[72];
        for (var i = 1; i < x.Length; i += 3)
        {
            x[i] = 1.4e-45f;
        }

        Assert.All(TopKMask.Forward<float>(x, 27, new PNorm(5, 1e5)), y => Assert.Equal(0.375, y, 1e-6));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(300)]
    public void One_entry_far_above_the_rest_keeps_its_gradient(int n)
    {
        var (x, g) = (new double[n], new double[n]);
        Array.Fill(x, 0.5);
        Array.Fill(g, 3);
        x[n / 2] = 1e30;
        var norm = PNorm.Smooth(1e-3);
        TopKMagnitude.Forward<double>(x, n, 1, norm, out var thresholds);
        var gradient = TopKMagnitude.Vjp<double>(x, thresholds, g, n, 1, norm);
        Assert.Equal(3, gradient[n / 2]);
        Assert.All(gradient.Where((_, i) => i != n / 2), v => Assert.Equal(0, v));
    }

    /// <summary>Below the last digit of the entries there is no theta in between: keys at the upper end of the bracket are not yet decided.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(600)]
    public void Ties_far_above_lambda_share(int ties)
    {
        var x = new double[2000];
        for (var i = 0; i < ties; i++)
        {
            x[i * 3] = i % 2 == 0 ? 1e30 : -1e30;
        }

        var z = TopKMagnitude.Forward<double>(x, 2000, ties / 5, PNorm.Smooth(1e-9), out _);
        Assert.All(z.Where((_, i) => i % 3 == 0 && i < 3 * ties), v => Assert.Equal(0.2e30, Math.Abs(v), 1e18));
    }

    /// <summary>lambda is below the last digit of the keys: no theta lies between a key and its knot.</summary>
    [Theory]
    [InlineData(1e20, 3, 2, 1)]
    [InlineData(1e20, 100, 40, 1)]
    [InlineData(1e8, 5, 2, 1e-9)]
    [InlineData(1e8, 300, 2, 1e-9)]
    [InlineData(-3.4028234663852886e38, 70, 2, 1)]
    [InlineData(-1e300, 500, 499, 1)]
    public void A_mask_of_ties_that_lambda_cannot_part_is_shared(double value, int ties, int k, double lambda)
    {
        foreach (var p in new[] { 2, 4.0 / 3, 1.5, 3 })
        {
            double[] x = [.. Enumerable.Repeat(value, ties)];
            Assert.All(TopKMask.Forward<double>(x, k, new PNorm(p, lambda)), y => Assert.Equal((double)k / ties, y, 1e-9));
        }
    }

    [Fact]
    public void Tokens_masked_by_the_least_float_share_what_the_others_leave()
    {
        float[] x = [1, 2, .. Enumerable.Repeat(float.MinValue, 70)];
        var y = TopKMask.Forward<float>(x, 4, PNorm.Quadratic(1));
        Assert.Equal([1, 1], y[..2]);
        Assert.All(y[2..], v => Assert.Equal(2.0 / 70, v, 1e-7));
    }

    /// <summary>p above 2: the slope next to a key is all but infinite, which says nothing of the root.</summary>
    [Fact]
    public void A_mask_with_p_above_2_sums_to_k_beside_large_keys()
    {
        double[] x = [.. Enumerable.Range(0, 84).Select(i => 1e6 * ((i % 7) - 3))];
        Assert.Equal(5, TopKMask.Forward<double>(x, 5, new PNorm(3, 1e-9)).Sum(), 1e-6);
        double[] zeros = [.. Enumerable.Range(0, 594).Select(i => i % 3 == 2 ? 1e8 : 0.0)];
        Assert.Equal(100, TopKMask.Forward<double>(zeros, 100, new PNorm(3, 1e-9)).Sum(), 1e-6);
    }

    /// <summary>Below 1e-300 lambda counts as 1e-300, in the bounds of the root as in the sum.</summary>
    [Theory]
    [InlineData(65, 1e-310, 1.25)]
    [InlineData(65, 1e-310, 2)]
    [InlineData(300, 1e-320, 4.0 / 3)]
    [InlineData(300, 1e-302, 3)]
    [InlineData(33, 1e-310, 2)]
    public void A_mask_of_tied_zeros_sums_to_k_where_lambda_has_no_inverse(int n, double lambda, double p)
    {
        double[] x = [.. Enumerable.Range(0, n).Select(i => i < 10 ? 1.0 : 0.0)];
        var y = TopKMask.Forward<double>(x, 20, new PNorm(p, lambda));
        Assert.All(y[..10], v => Assert.Equal(1, v));
        Assert.All(y[10..], v => Assert.Equal(10.0 / (n - 10), v, 1e-9));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(70)]
    public void A_magnitude_kept_whole_has_a_threshold_for_any_p(int n)
    {
        double[] x = [.. Enumerable.Repeat(1e198, n)];
        double[] gradient = [.. Enumerable.Range(1, n).Select(i => (double)i)];
        var norm = new PNorm(1e100, 1e5);
        Assert.Equal(x, TopKMagnitude.Forward<double>(x, n, n, norm, out var thresholds));
        Assert.Equal(gradient, TopKMagnitude.Vjp<double>(x, thresholds, gradient, n, n, norm));
    }
}
