using Xunit;

namespace SparseTopK.Tests;

/// <summary>Arguments that are admitted, and that nobody would give in earnest.</summary>
public sealed class HostileTests
{
    private static readonly double[] Exponents = [Math.BitIncrement(1.0), 1 + 1e-9, 1.01, 4.0 / 3, 2, 3, 100, 1e9, double.MaxValue];
    private static readonly double[] Strengths = [double.Epsilon, 1e-300, 1e-9, 1, 1e9, 1e300, double.MaxValue];

    public static TheoryData<double, double> Norms
    {
        get
        {
            var all = new TheoryData<double, double>();
            foreach (var p in Exponents)
            {
                foreach (var lambda in Strengths)
                {
                    all.Add(p, lambda);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void Any_norm_gives_a_mask_in_range_and_a_finite_gradient(double p, double lambda)
    {
        PNorm norm = new(p, lambda);
        double[] x = [3, -1, 0.5, 0.25, 1e-12, -7, 2, 0], g = [1, -2, 3, -4, 5, -6, 7, -8];
        var mask = TopKMask.Forward<double>(x, k: 3, norm);
        Assert.All(mask, y => Assert.InRange(y, 0, 1));
        if (p is > 1.001 and < 10 && lambda <= 1e300)
        {
            Assert.Equal(3, mask.Sum(), 1e-6);
        }

        Assert.All(TopKMask.Vjp<double>(mask, g, n: 8, norm), one => Assert.True(double.IsFinite(one)));
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void Any_norm_gives_magnitudes_no_larger_than_the_entries_and_a_finite_gradient(double p, double lambda)
    {
        PNorm norm = new(p, lambda);
        double[] x = [3, -1, 0.5, 0.25, 1e-12, -7, 2, 0], g = [1, -2, 3, -4, 5, -6, 7, -8];
        var kept = TopKMagnitude.Forward<double>(x, n: 8, k: 3, norm, out var thresholds);
        Assert.All(kept.Zip(x), one => Assert.True(Math.Abs(one.First) <= Math.Abs(one.Second) && one.First * one.Second >= 0, $"{one}"));
        Assert.All(TopKMagnitude.Vjp<double>(x, thresholds, g, n: 8, k: 3, norm), one => Assert.True(double.IsFinite(one)));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1)]
    [InlineData(1e300)]
    public void A_certificate_that_Forward_never_writes_spoils_its_own_row_at_most(double bad)
    {
        double[] x = [3, 1, 0.9, 0, 3, 1, 0.9, 0], g = [1, 2, 3, 4, 1, 2, 3, 4];
        foreach (var norm in new[] { PNorm.Quadratic(0.5), PNorm.Smooth(0.5), new(3, 0.5) })
        {
            var mask = TopKMask.Forward<double>(x, n: 4, k: 2, norm);
            var expected = TopKMask.Vjp<double>(mask, g, n: 4, norm);
            mask[1] = bad;
            Assert.Equal(expected[4..], TopKMask.Vjp<double>(mask, g, n: 4, norm)[4..]);

            TopKMagnitude.Forward<double>(x, n: 4, k: 2, norm, out var thresholds);
            expected = TopKMagnitude.Vjp<double>(x, thresholds, g, n: 4, k: 2, norm);
            thresholds[0] = bad;
            Assert.Equal(expected[4..], TopKMagnitude.Vjp<double>(x, thresholds, g, n: 4, k: 2, norm)[4..]);
        }
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    public void A_length_that_is_none_is_refused_by_name(int n)
    {
        double[] x = [3, 1, 0.9, 0], y = new double[4];
        int[] places = [0, 1, 2, 3], ends = [1, 2, 3, 4];
        var (norm, order) = (PNorm.Quadratic(1), new SoftOrder(1));
        Action[] calls =
        [
            () => TopKMask.Forward<double>(x, n, 0, norm, y), () => TopKMask.Vjp<double>(x, x, n, norm, y), () => TopKMask.Jvp<double>(x, x, n, norm, y),
            () => TopKMask.ForwardSparse<double>(x, n, 0, norm, new int[4], places, y), () => TopKMask.Forward<double>(x, n, [0], norm, y),
            () => TopKMagnitude.Forward<double>(x, n, 0, norm, y, new double[1]), () => TopKMagnitude.Vjp<double>(x, new double[1], x, n, 0, norm, y),
            () => TopKMagnitude.Jvp<double>(x, new double[1], x, n, 0, norm, y),
            () => SoftRank.Forward<double>(x, n, order, y), () => SoftRank.Vjp<double>(x, places, ends, x, n, order, y), () => SoftRank.Jvp<double>(x, places, ends, x, n, order, y),
            () => SoftSort.Forward<double>(x, n, order, y), () => SoftSort.Vjp<double>(x, places, ends, x, n, order, y), () => SoftSort.Jvp<double>(x, places, ends, x, n, order, y),
            () => Permutahedron.Forward<double>(x, n, x, norm, y), () => Permutahedron.Vjp<double>(x, places, ends, x, n, norm, y),
            () => Permutahedron.Jvp<double>(x, places, ends, x, n, norm, y),
            () => IsotonicRegression.Forward<double>(x, n, [], default, y), () => IsotonicRegression.Vjp<double>(x, x, ends, x, n, [], default, y),
            () => IsotonicRegression.Jvp<double>(x, x, ends, x, n, [], default, y), () => Dykstra.Project<double>(x, n, [], y, new DykstraResult[1]),
        ];
        foreach (var (call, i) in calls.Select((call, i) => (call, i)))
        {
            // Below 0 it is n that is wrong; otherwise the first input has no whole number of rows.
            Assert.True(Assert.ThrowsAny<ArgumentException>(call).ParamName is "n" or "x" or "y", $"call {i}");
            Assert.All(y, one => Assert.Equal(0, one));
        }
    }
}
