using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Rows of a batch: a row is the same, bit by bit, alone and beside any others.</summary>
public abstract partial class TopKContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void A_row_alone_is_the_row_in_any_batch(double p)
    {
        var random = new Random(2);
        foreach (var n in new[] { 2, 5, 16, 40, 64, 65, 300 })
        {
            foreach (var lambda in new[] { 1e-6, 1, 8.7e31 })
            {
                var rows = MixedRows(random, n);
                AssertRowsAreIndependent(rows, n, 1 + (n / 4), new PNorm(p, lambda));
                random.Shuffle(rows);
                AssertRowsAreIndependent(rows[..5], n, (n + 1) / 2, new PNorm(p, lambda));
            }
        }
    }

    /// <summary>Rows of other sizes, ties and outliers than their neighbours: whatever a batch decides for all of them at once, one needs otherwise.</summary>
    private static double[][] MixedRows(Random random, int n)
    {
        double[] outlier = Inputs.Normal(n, n), tiny = Inputs.Normal(n, n + 1, 1e-36), pair = new double[n];
        outlier[0] = 1e30f;
        (pair[0], pair[1]) = (0.001f, 2e-30f);
        return
        [
            pair, Inputs.WithTies("constant", n, 0), outlier, Inputs.Tenths(n, n), tiny, HostileRow(random, n), Inputs.Labels(n, n),
            HostileRow(random, n), Inputs.Normal(n, 5), HostileRow(random, n), Inputs.Tied(n, n),
        ];
    }

    private void AssertRowsAreIndependent(double[][] rows, int n, int k, PNorm norm)
    {
        double[] x = [.. rows.SelectMany(row => row)], g = Inputs.Normal(x.Length, n);
        var (y, (z, gamma)) = (MaskForward(x, n, k, norm), MagnitudeForward(x, n, k, norm));
        var products = new[] { MaskVjp(y, g, n, norm), MagnitudeVjp(x, gamma, g, n, k, norm), MagnitudeJvp(x, gamma, g, n, k, norm) };
        for (var i = 0; i < rows.Length; i++)
        {
            var range = (i * n)..((i + 1) * n);
            var (row, part) = (rows[i], g[range]);
            var (alone, (kept, threshold)) = (MaskForward(row, n, k, norm), MagnitudeForward(row, n, k, norm));
            AssertBits(alone, y[range], () => Describe("mask", row, k, norm));
            AssertBits(kept, z[range], () => Describe("magnitude", row, k, norm));
            AssertBits(threshold, [gamma[i]], () => Describe("gamma", row, k, norm));
            AssertBits(MaskVjp(alone, part, n, norm), products[0][range], () => Describe("mask, VJP", row, k, norm));
            AssertBits(MagnitudeVjp(row, threshold, part, n, k, norm), products[1][range], () => Describe("magnitude, VJP", row, k, norm));
            AssertBits(MagnitudeJvp(row, threshold, part, n, k, norm), products[2][range], () => Describe("magnitude, JVP", row, k, norm));
        }
    }

    private static void AssertBits(double[] alone, double[] inBatch, Func<string> description)
    {
        for (var i = 0; i < alone.Length; i++)
        {
            var isSame = double.IsNaN(alone[i]) ? double.IsNaN(inBatch[i])
                : BitConverter.DoubleToInt64Bits(alone[i]) == BitConverter.DoubleToInt64Bits(inBatch[i]);
            Assert.True(isSame, $"[{i}]: {alone[i]:R} alone, {inBatch[i]:R} in a batch: {description()}");
        }
    }
}
