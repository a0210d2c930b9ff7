using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests.Robustness;

/// <summary>Products with a Jacobian at the ends of the element type's range: the exact number where there is one, else the largest of its sign.</summary>
public sealed class RangeTests
{
    /// <summary>2^-64: a factor that changes no digit.</summary>
    private const double Shrink = 1.0 / (1L << 32) / (1L << 32);

    public static TheoryData<double, double> Norms
    {
        get
        {
            var norms = new TheoryData<double, double>();
            foreach (var p in new[] { 1.1, 4.0 / 3.0, 1.5, 2, 3 })
            {
                foreach (var lambda in new[] { 1e-5, 1e-2, 1 })
                {
                    norms.Add(p, lambda);
                }
            }

            return norms;
        }
    }

    [Fact]
    public void A_gradient_beyond_the_range_of_Half_is_the_largest_Half()
    {
        Half[] x = [(Half)1, (Half)1, (Half)0.5], g = [(Half)1, (Half)(-1), (Half)0];
        var norm = PNorm.Quadratic(1e-5);
        var mask = TopKMask.Forward<Half>(x, k: 1, norm);
        Assert.Equal([Half.MaxValue, Half.MinValue, Half.Zero], TopKMask.Vjp<Half>(mask, g, n: 3, norm));
    }

    /// <summary>Every product of every operator: that of float, rounded once, and within the range of Half.</summary>
    [Theory]
    [MemberData(nameof(Norms))]
    public void Products_in_Half_are_those_in_float_within_the_range_of_Half(double p, double lambda)
    {
        var beyond = 0;
        foreach (var n in new[] { 3, 20, 300 })
        {
            var x = Array.ConvertAll(n == 20 ? Inputs.Tied(3 * n, n) : Inputs.Normal(3 * n, n), v => (Half)v);
            var g = Array.ConvertAll(Inputs.Normal(3 * n, n + 1, 3e4), v => Half.Clamp((Half)v, Half.MinValue, Half.MaxValue));
            x[n + 1] = Half.NaN;
            var half = new Products<Half>(x, g, n, new(p, lambda));
            foreach (var (name, values, inFloat) in half.All())
            {
                beyond += inFloat.Count(v => Math.Abs(v) > (float)Half.MaxValue);
                Assert.Equal(Array.ConvertAll(inFloat, v => (Half)Math.Clamp(v, (float)Half.MinValue, (float)Half.MaxValue)), values);
                Assert.All(values[n..(2 * n)], v => Assert.True(Half.IsNaN(v), name));
                Assert.All(values[..n], v => Assert.True(Half.IsFinite(v), name));
            }
        }

        Assert.True(beyond > 0 || lambda == 1);
    }

    [Fact]
    public void The_gradient_of_a_pool_is_its_mean_however_large_the_sum()
    {
        double[] x = [1, 2], g = [1e308, 1.7e308];
        var v = IsotonicRegression.Forward<double>(x, n: 2, [], IsotonicObjective.LeastSquares, out var ends);
        Assert.Equal([1.35e308, 1.35e308], IsotonicRegression.Vjp<double>(x, v, ends, g, n: 2, [], IsotonicObjective.LeastSquares));
    }

    [Fact]
    public void A_gradient_beyond_the_range_of_float_is_the_largest_float()
    {
        float[] x = [1, 2], w = [1, 1e-9f], g = [3e38f, 3e38f];
        var v = IsotonicRegression.Forward<float>(x, n: 2, w, IsotonicObjective.LeastSquares, out var ends);
        var vjp = IsotonicRegression.Vjp<float>(x, v, ends, g, n: 2, w, IsotonicObjective.LeastSquares);
        Assert.Equal(float.MaxValue, vjp[0]);
        Assert.Equal(0.6f, vjp[1] / 1e30f, 1e-6f);
    }

    /// <summary>Products are linear, and a power of two changes no digit: what 2^-64 g gives, times 2^64, within the range of double.</summary>
    [Theory]
    [MemberData(nameof(Norms))]
    public void Products_of_sorted_rows_are_linear_up_to_the_largest_double(double p, double lambda)
    {
        foreach (var n in new[] { 2, 5, 300 })
        {
            var x = Inputs.Normal(n, n);
            var g = Array.ConvertAll(Inputs.Normal(n, n + 1), v => double.MaxValue * Math.Clamp(v / 2, -1, 1));
            var small = Array.ConvertAll(g, v => v * Shrink);
            var (large, expected) = (new Products<double>(x, g, n, new(p, lambda)), new Products<double>(x, small, n, new(p, lambda)));
            foreach (var (one, other) in large.OfSortedRows().Zip(expected.OfSortedRows()))
            {
                Assert.Equal(Array.ConvertAll(other.Values, v => Math.Clamp(v / Shrink, -double.MaxValue, double.MaxValue)), one.Values);
            }
        }
    }

    [Fact]
    public void Steep_entries_beside_an_unbounded_slope_leave_no_NaN()
    {
        // p > 2: the slope at y = 0 is infinite, and beside it entries so near 0 that their products leave the range of double.
        double[] y = [1e-100, 0, 0, -1e-100], g = [1.7e308, 1.7e308, -1.7e308, -1.7e308];
        int[] order = [0, 1, 2, 3], ends = [4, 4, 4, 4];
        Assert.All(Permutahedron.Vjp<double>(y, order, ends, g, n: 4, new PNorm(4, 1e-9)), v => Assert.True(double.IsFinite(v)));
    }
}
