using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Floats that no one sends on purpose: nothing but the documented results may come out.</summary>
public abstract partial class TopKContract
{
    private static readonly float[] Hostile =
    [
        0f, -0f, float.Epsilon, -float.Epsilon, 1e-40f, 1.1754944e-38f, -1e-38f, 1e-30f, 1e-7f, 1f, -1f, 1.0000001f, 0.99999994f,
        2f, 16777216f, 1e10f, -1e10f, 1e30f, 3e38f, -3e38f, float.MaxValue, float.MinValue,
    ];

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Hostile_floats_give_documented_results(double p)
    {
        var random = new Random(1);
        for (var trial = 0; trial < 500; trial++)
        {
            var n = random.Next(1, trial % 20 == 0 ? Math.Min(700, LongestGeneral) : 80);
            var k = random.Next(0, n + 1);
            var norm = new PNorm(p, Math.Pow(10, random.Next(-12, 13)));
            var x = HostileRow(random, n);
            var g = Inputs.Normal(n, trial);
            CheckMask(x, g, k, norm);
            CheckMagnitude(x, g, k, norm);
        }
    }

    /// <summary>Scores that are masked by a finite number, as many do, and more places than are left: the masked ones share the rest.</summary>
    [ContractTheory]
    [InlineData(2, 1, 222, 177, -1e15f)]
    [InlineData(2, 10, 321, 273, -3e38f)]
    [InlineData(4.0 / 3, 100, 321, 273, -1e30f)]
    [InlineData(4.0 / 3, 1, 286, 240, -1e15f)]
    [InlineData(2, 10, 170, 26, 1e30f)]
    public void Clusters_far_apart_are_solved_where_the_root_is(double p, double lambda, int n, int k, float far)
    {
        var norm = new PNorm(p, lambda);
        for (var seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            var x = Inputs.Normal(n, seed);
            for (var i = 0; i < n; i++)
            {
                x[i] = random.NextDouble() < 0.18 ? far : Math.Round(x[i] * 2) / 2;
            }

            var y = MaskForward(x, n, k, norm);
            Assert.Equal(k, y.Sum(), k * 1e-5);
            AssertNear(Oracle.Mask(x, k, norm).Output, y, _ => 1e-4, () => Describe("mask", x, k, norm));
        }
    }

    private static double[] HostileRow(Random random, int n)
    {
        var kind = random.Next(4);
        var x = new double[n];
        for (var i = 0; i < n; i++)
        {
            x[i] = kind switch
            {
                0 => Hostile[random.Next(Hostile.Length)],
                1 => (float)(random.NextDouble() * Math.Pow(10, random.Next(-38, 38)) * (random.Next(2) - 0.5)),
                2 => Hostile[random.Next(3)],
                _ => (float)random.NextDouble(),
            };
        }

        if (random.Next(8) == 0)
        {
            x[random.Next(n)] = new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity }[random.Next(3)];
        }

        return x;
    }

    private void CheckMask(double[] x, double[] g, int k, PNorm norm)
    {
        var y = MaskForward(x, x.Length, k, norm);
        var vjp = MaskVjp(y, g, x.Length, norm);
        if (Oracle.Mask(x, k, norm) is { IsInvalid: true })
        {
            AssertAll(y, double.NaN);
            AssertAll(vjp, double.NaN);
            return;
        }

        AssertTrue(Array.TrueForAll(y, v => v is >= 0 and <= 1), "mask out of range", x, k, norm);
        AssertTrue(Array.TrueForAll(vjp, double.IsFinite), "mask's gradient not finite", x, k, norm);
        AssertTrue(MonotoneIn(x, y), "mask not in the order of the row", x, k, norm);
        if (x.Max(v => double.IsFinite(v) ? Math.Abs(v) : 0) / norm.Lambda < 1e8)
        {
            AssertMask(x, k, norm);
        }
    }

    private void CheckMagnitude(double[] x, double[] g, int k, PNorm norm)
    {
        var (z, thresholds) = MagnitudeForward(x, x.Length, k, norm);
        var vjp = MagnitudeVjp(x, thresholds, g, x.Length, k, norm);
        if (!Array.TrueForAll(x, double.IsFinite))
        {
            AssertAll(z, double.NaN);
            AssertAll(vjp, double.NaN);
            return;
        }

        var shrinks = x.Zip(z).All(pair => Math.Abs(pair.Second) <= Math.Abs(pair.First) && pair.First * pair.Second >= 0);
        AssertTrue(shrinks, "magnitude grows or turns", x, k, norm);
        AssertTrue(Array.TrueForAll(vjp, double.IsFinite), "magnitude's gradient not finite", x, k, norm);
        AssertTrue(thresholds[0] >= 0, "gamma below 0", x, k, norm);
        if (norm.P <= 2 && Oracle.Magnitude(x, k, norm) is { Threshold: > 1e-290 } row)
        {
            // Below that gamma the oracle's own powers underflow.
            // The entries are float32 values: where two differ at all, float64 has digits enough to tell a gap.
            AssertNear(row.Output, z, i => (1e-3 * Math.Abs(x[i])) + 1e-44, () => Describe("magnitude", x, k, norm));
        }

        AssertTrue(MonotoneIn(Array.ConvertAll(x, Math.Abs), Array.ConvertAll(z, Math.Abs)), "magnitude not in order", x, k, norm);
    }

    /// <summary>Whether a larger key never gets less, but for rounding.</summary>
    private static bool MonotoneIn(double[] keys, double[] values)
    {
        var order = Enumerable.Range(0, keys.Length).OrderByDescending(i => keys[i]).ToArray();
        return order.Zip(order.Skip(1)).All(pair =>
            values[pair.First] >= values[pair.Second] * (1 - 1e-6) && (keys[pair.First] != keys[pair.Second] || values[pair.First] == values[pair.Second]));
    }

    private static void AssertTrue(bool holds, string what, double[] x, int k, PNorm norm)
    {
        if (!holds)
        {
            Assert.Fail(Describe(what, x, k, norm));
        }
    }
}
