using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Rows and norms at the ends of their ranges, where the right values are known in closed form or from arithmetic of 400 digits.</summary>
public abstract partial class TopKContract
{
    /// <summary>y_1 = c^a of the entry c lambda above the others, which share the rest: the threshold lies next to them, far below the k-th key,
    /// where c is so near to 1 that their shares to the power of p - 1 are next to nothing.</summary>
    [ContractTheory]
    [InlineData(5, 0.95)]
    [InlineData(5, 0.97)]
    [InlineData(10, 0.95)]
    [InlineData(10, 0.3)]
    [InlineData(20, 0.9)]
    public void Above_p_2_entries_at_the_threshold_share_what_the_others_leave(double p, double c)
    {
        foreach (var n in new[] { 2, 3, 16, 17, 64, 65, 100, 300 })
        {
            foreach (var (shift, lambda) in new[] { (0, 1.0 / 9), (0.25, 0.125), (-3, 2) })
            {
                double[] x = [(float)(shift + (c * lambda)), .. Enumerable.Repeat(shift, n - 1)];
                var share = Math.Pow((x[0] - shift) / lambda, 1 / (p - 1));
                double[] expected = [share, .. Enumerable.Repeat((1 - share) / (n - 1), n - 1)];
                var norm = new PNorm(p, lambda);
                AssertNear(expected, MaskForward(x, n, 1, norm), _ => 1e-6, () => Describe("mask", x, 1, norm));
            }
        }
    }

    [ContractTheory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(10)]
    public void Above_p_2_the_mask_sums_to_k(double p)
    {
        foreach (var n in new[] { 2, 7, 14, 16, 33, 64, 65, 200 })
        {
            for (var seed = 0; seed < 12; seed++)
            {
                var x = seed % 2 == 0 ? Inputs.Normal(n, seed) : Inputs.Tenths(n, seed);
                var (k, norm) = (1 + (seed * (n - 1) / 12), new PNorm(p, new[] { 0.125, 1, 4 }[seed % 3]));
                var y = MaskForward(x, n, k, norm);
                Assert.True(Math.Abs(y.Sum() - k) <= 1e-6 * n, $"The sum is {y.Sum():R}: {Describe("mask", x, k, norm)}");
                AssertNear(Oracle.Mask(x, k, norm).Output, y, _ => 1e-5, () => Describe("mask", x, k, norm));
            }
        }
    }

    /// <summary>gamma is far below the k-th magnitude, and decides over entries that its distance to that one does not show.</summary>
    [ContractFact]
    public void A_small_gamma_decides_over_small_entries()
    {
        foreach (var n in new[] { 2, 16, 17, 64, 65, 300 })
        {
            AssertFirst([0.001f, 2e-30f], [0.001f, 9.99999531e-31], n, 1, new PNorm(1.1, 1));
            AssertFirst([1e30f, 1, 0.5], [1e30f, 0.98850574713, 0.48850574713], n, 1, PNorm.Quadratic(8.7e31));

            // gamma may lie anywhere in 68 decades below the first: it is 1e-38.
            AssertFirst([1e30f, 3e-38f], [1e30f, 2.00000006e-38], n, 1, new PNorm(1.5, 1e49));
            if (IsDouble)
            {
                AssertFirst([1e-70, 3e-139], [1e-70, 2.9e-139], n, 1, new PNorm(1.5, 1));
            }
        }
    }

    [ContractFact]
    public void Where_only_the_first_entry_has_a_slope_to_speak_of_every_entry_keeps_its_gradient()
    {
        // A_2 is 2e-312 and D is 1 or, where the first is saturated but for 1e-140, 2e-312.
        foreach (var n in new[] { 2, 16, 17, 64, 65, 300 })
        {
            var (x, norm) = (Padded([1, 1e-7f], n), new PNorm(1.05, 1e9));
            var gradient = MagnitudeGradient(x, 1, norm, Padded([2, 3], n));
            AssertNear(Padded([2, 3], n), gradient, _ => 1e-5, () => Describe("magnitude, VJP", x, 1, norm));
        }
    }

    /// <summary>Tied entries whose distance to gamma is below its last digit are a pool all the same: what one gains the others lose.</summary>
    [ContractTheory]
    [InlineData(1e-13)]
    [InlineData(1e-16)]
    [InlineData(1e-20)]
    [InlineData(1e-35)]
    public void Ties_that_gamma_rounds_to_are_a_pool(double value)
    {
        foreach (var n in new[] { 5, 16, 17, 64, 65, 300 })
        {
            var v = (double)(float)value;
            var (x, norm) = (Padded([v, v, -v], n), new PNorm(3, 0.7));
            var (z, thresholds) = MagnitudeForward(x, n, 1, norm);
            AssertNear(Array.ConvertAll(x, one => one / 3), z, _ => 1e-6 * v, () => Describe("magnitude", x, 1, norm));

            // A = (a/lambda) (gamma/3)^(2-p) on the pool of three, D = 1 + 3A and S = (A + 1)(2 - 3).
            var slope = 0.5 / 0.7 * 3 / v;
            double[] h = [2, 0, -3];
            var expected = Padded([.. h.Select((one, i) => (i == 2 ? -1 : 1) * (one + (slope * (one + ((slope + 1) / (1 + (3 * slope)))))))], n);
            expected = Array.ConvertAll(expected, one => Math.Clamp(one, -Most, Most));
            var (g, near) = (Padded([2, 0, 3], n), 1e-3 * slope);
            AssertNear(expected, MagnitudeVjp(x, thresholds, g, n, 1, norm), _ => near, () => Describe("magnitude, VJP", x, 1, norm));
            AssertNear(expected, MagnitudeJvp(x, thresholds, g, n, 1, norm), _ => near, () => Describe("magnitude, JVP", x, 1, norm));
        }
    }

    /// <summary>1/lambda is infinite. Equal gradients on the free set cancel; others give the largest number.</summary>
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void A_lambda_without_an_inverse_gives_no_NaN(double p)
    {
        foreach (var n in new[] { 3, 16, 17, 64, 65, 300 })
        {
            var (x, norm) = (Inputs.WithTies("constant", n, 0), new PNorm(p, 1e-309));
            double[] equal = [.. Enumerable.Repeat(2.0, n)];
            Assert.All(MaskForward(x, n, 1, norm), y => Assert.Equal(1.0 / n, y, 1e-6));
            AssertAll(MaskGradient(x, 1, norm, equal), 0);
            Assert.All(MaskGradient(x, 1, norm, Inputs.Normal(n, n)), v => Assert.True(double.IsFinite(v)));
            Assert.All(MagnitudeGradient(x, 1, norm, equal), v => Assert.True(double.IsFinite(v)));
            Assert.All(MagnitudeGradient(x, 1, norm, Inputs.Normal(n, n)), v => Assert.True(double.IsFinite(v)));
        }
    }

    /// <summary>Shares other than 0 and 1 need thresholds that float64 cannot tell from a score: the sum may miss k by the one entry there.</summary>
    [ContractTheory]
    [InlineData(1e9)]
    [InlineData(1e200)]
    [InlineData(double.MaxValue)]
    public void The_largest_exponents_give_shares_in_order_and_finite_gradients(double p)
    {
        foreach (var n in new[] { 3, 16, 17, 64, 65, 300 })
        {
            var (x, g, norm, k) = (Inputs.Normal(n, n), Inputs.Normal(n, 1), new PNorm(p, 1), 1 + (n / 4));
            var y = MaskForward(x, n, k, norm);
            Assert.All(y, share => Assert.InRange(share, 0, 1));
            Assert.Equal(k, y.Sum(), 1 + 1e-5);
            AssertTrue(MonotoneIn(x, y), "mask not in order", x, k, norm);
            Assert.All(MaskVjp(y, g, n, norm), v => Assert.True(double.IsFinite(v)));
            var (z, thresholds) = MagnitudeForward(x, n, k, norm);
            AssertTrue(MonotoneIn(Array.ConvertAll(x, Math.Abs), Array.ConvertAll(z, Math.Abs)), "magnitude not in order", x, k, norm);
            Assert.All(MagnitudeVjp(x, thresholds, g, n, k, norm), v => Assert.True(double.IsFinite(v)));
        }
    }

    private double Most => IsDouble ? double.MaxValue : float.MaxValue;

    private static double[] Padded(double[] first, int n) => [.. first, .. new double[Math.Max(0, n - first.Length)]];

    /// <summary>The magnitude of a row of zeros but for its first entries.</summary>
    private void AssertFirst(double[] first, double[] expected, int n, int k, PNorm norm)
    {
        first = n < first.Length ? first[..n] : first;
        var x = Padded(first, n);
        AssertNear(
            Padded(expected[..first.Length], n), MagnitudeForward(x, n, k, norm).Z, i => 1e-6 * expected[Math.Min(i, expected.Length - 1)],
            () => Describe("magnitude", x, k, norm));
    }
}
