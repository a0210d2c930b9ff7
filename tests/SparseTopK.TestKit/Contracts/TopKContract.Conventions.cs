using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Every row of the table of conventions, design 2.5.</summary>
public abstract partial class TopKContract
{
    /// <summary>Below and above the lengths at which an implementation may change its path.</summary>
    public static TheoryData<int> Lengths => [1, 3, 8, 64, 65, 255, 257, 2100];

    private static readonly PNorm[] Norms = [PNorm.Quadratic(0.5), PNorm.Smooth(0.5), new(1.5, 0.5), new(1.2, 2), new(3, 0.5)];

    private IEnumerable<PNorm> NormsFor(int n) => Norms.Where(norm => n <= LongestGeneral || norm.P is 2 or 4.0 / 3.0);

    [ContractTheory]
    [MemberData(nameof(Lengths))]
    public void Choosing_none_gives_zeros_and_choosing_all_gives_ones_or_the_row(int n)
    {
        foreach (var norm in NormsFor(n))
        {
            var (x, g) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1));
            AssertAll(MaskForward(x, n, 0, norm), 0);
            AssertAll(MaskForward(x, n, n, norm), 1);
            AssertAll(MaskGradient(x, 0, norm, g), 0);
            AssertAll(MaskGradient(x, n, norm, g), 0);
            AssertAll(MagnitudeForward(x, n, 0, norm).Z, 0);
            AssertAll(MagnitudeGradient(x, 0, norm, g), 0);
            Assert.Equal(x, MagnitudeForward(x, n, n, norm).Z);
            Assert.Equal(g, MagnitudeGradient(x, n, norm, g));
        }
    }

    [ContractTheory]
    [MemberData(nameof(Lengths))]
    public void Tied_entries_share_equally(int n)
    {
        foreach (var norm in NormsFor(n))
        {
            var k = (n + 1) / 2;
            var x = new double[n];
            Array.Fill(x, -0.7f);
            AssertNear(Array.ConvertAll(x, _ => (double)k / n), MaskForward(x, n, k, norm), _ => n * ForwardTolerance(norm, x), () => "tied");

            var tied = Inputs.Tied(n, n);
            AssertMask(tied, k, norm);
            AssertMagnitude(tied, k, norm);
            var (y, z) = (MaskForward(tied, n, k, norm), MagnitudeForward(tied, n, k, norm).Z);
            Assert.All(tied.Zip(y).GroupBy(pair => pair.First), group => Assert.Single(group.Select(pair => pair.Second).Distinct()));
            Assert.All(
                tied.Zip(z).GroupBy(pair => Math.Abs(pair.First)),
                group => Assert.Single(group.Select(pair => Math.Abs(pair.Second)).Distinct()));
        }
    }

    [ContractTheory]
    [MemberData(nameof(Lengths))]
    public void Masked_entries_get_zero_and_no_gradient(int n)
    {
        foreach (var norm in NormsFor(n))
        {
            var (x, g) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1));
            for (var i = 0; i < n; i += 2)
            {
                x[i] = double.NegativeInfinity;
            }

            var finite = n / 2;
            foreach (var k in new[] { 0, finite / 2, finite, Math.Min(n, finite + 1), n })
            {
                AssertMask(x, k, norm);
                var y = MaskForward(x, n, k, norm);
                var gradient = MaskVjp(y, g, n, norm);
                Assert.All(Enumerable.Range(0, n).Where(i => i % 2 == 0), i => Assert.Equal((0.0, 0.0), (y[i], gradient[i])));
                Assert.Equal(Math.Min(k, finite), y.Sum(), n * ForwardTolerance(norm, [1]));
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Lengths))]
    public void With_k_non_zero_entries_the_magnitude_is_the_row_and_zeros_have_no_gradient(int n)
    {
        foreach (var norm in NormsFor(n))
        {
            var (x, g) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1));
            for (var i = 0; i < n; i += 3)
            {
                x[i] = i % 2 == 0 ? 0.0 : -0.0;
            }

            var k = x.Count(v => v != 0);
            Assert.Equal(x, MagnitudeForward(x, n, k, norm).Z);
            Assert.Equal(k == 0 ? new double[n] : [.. g.Select((v, i) => x[i] != 0 ? v : 0)], MagnitudeGradient(x, k, norm, g));
            if (k < n)
            {
                Assert.Equal(x, MagnitudeForward(x, n, k + 1, norm).Z);
                Assert.Equal(g, MagnitudeGradient(x, k + 1, norm, g));
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Lengths))]
    public void A_row_that_is_not_admitted_is_NaN_and_leaves_the_others_alone(int n)
    {
        double[] bad = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        foreach (var (norm, poison) in NormsFor(n).SelectMany(norm => bad.Select(poison => (norm, poison))))
        {
            var (good, g) = (Inputs.Normal(n, n), Inputs.Normal(3 * n, n + 1));
            foreach (var k in new[] { 0, (n + 1) / 2, n })
            {
                double[] x = [.. good, .. good, .. good];
                x[n + (n / 2)] = poison;
                var (z, thresholds) = MagnitudeForward(x, n, k, norm);
                AssertMiddleRow(z, MagnitudeForward(good, n, k, norm).Z, n);
                var (_, clean) = MagnitudeForward([.. good, .. good, .. good], n, k, norm);
                var expected = MagnitudeVjp([.. good, .. good, .. good], clean, g, n, k, norm);
                AssertMiddleRow(MagnitudeVjp(x, thresholds, g, n, k, norm), expected[..n], n, expected[(2 * n)..]);
                if (poison != double.NegativeInfinity)
                {
                    var y = MaskForward(x, n, k, norm);
                    var whole = MaskForward(good, n, k, norm);
                    AssertMiddleRow(y, whole, n);
                    AssertMiddleRow(MaskVjp(y, g, n, norm), MaskVjp(whole, g[..n], n, norm), n, MaskVjp(whole, g[(2 * n)..], n, norm));
                }
            }
        }
    }

    [ContractFact]
    public void No_rows_and_rows_of_no_entries_give_nothing()
    {
        Assert.Empty(MaskForward([], 0, 0, Norms[0]));
        Assert.Empty(MaskForward([], 5, 2, Norms[0]));
        Assert.Empty(MaskVjp([], [], 5, Norms[0]));
        Assert.Empty(MagnitudeForward([], 5, 2, Norms[0]).Z);
        Assert.Empty(MagnitudeForward([], 0, 0, Norms[0]).Thresholds);
        Assert.Empty(MagnitudeVjp([], [], [], 5, 2, Norms[0]));
    }

    private static void AssertMiddleRow(double[] actual, double[] first, int n, double[]? last = null)
    {
        Assert.Equal(first, actual[..n]);
        AssertAll(actual[n..(2 * n)], double.NaN);
        Assert.Equal(last ?? first, actual[(2 * n)..]);
    }
}
