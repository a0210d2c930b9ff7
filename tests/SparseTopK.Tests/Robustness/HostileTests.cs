using Xunit;

namespace SparseTopK.Tests.Robustness;

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
}
