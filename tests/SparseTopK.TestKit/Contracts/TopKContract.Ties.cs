using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Ties, as rectifiers, labels and rounded scores leave them.</summary>
public abstract partial class TopKContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_ties_match_the_oracle_and_tied_entries_get_one_value(double p)
    {
        foreach (var (_, x) in Inputs.RowsOfTies(IsDouble, 3, 10, 16, 17, 64, 65, 300))
        {
            var n = x.Length;
            foreach (var (lambda, k) in new[] { (0.01, 1), (0.3, n / 3), (1.5, n / 2), (30, n - 1) })
            {
                var norm = new PNorm(p, lambda);
                AssertMask(x, k, norm);
                AssertMagnitude(x, k, norm);
                AssertOneValueEach(x, MaskForward(x, n, k, norm), () => Describe("mask", x, k, norm));
                AssertOneValueEach(x, MagnitudeForward(x, n, k, norm).Z, () => Describe("magnitude", x, k, norm));
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Products_at_ties_match_the_closed_form_Jacobian(double p)
    {
        var compared = 0;
        foreach (var (_, x) in Inputs.RowsOfTies(IsDouble, 3, 10, 16, 17, 64, 65, 100))
        {
            var n = x.Length;
            foreach (var (lambda, k) in new[] { (0.01, 1 + (n / 4)), (0.3, n / 3), (1.5, n / 2) })
            {
                var (g, norm) = (Inputs.Normal(n, n + 1), new PNorm(p, lambda));
                double Near(OracleJacobian jacobian) => VjpTolerance(norm, x) * jacobian.Scale * g.Max(Math.Abs);
                if (Oracle.Mask(x, k, norm) is { Margin: > 1e-4 } mask)
                {
                    var (jacobian, y) = (OracleJacobian.Mask(mask, norm), MaskForward(x, n, k, norm));
                    AssertNear(jacobian.Transposed(g), MaskVjp(y, g, n, norm), _ => Near(jacobian), () => Describe("mask, VJP", x, k, norm));
                    compared++;
                }

                if (Oracle.Magnitude(x, k, norm) is { Margin: > 1e-4 } magnitude)
                {
                    var (jacobian, gamma) = (OracleJacobian.Magnitude(x, magnitude, k, norm), MagnitudeForward(x, n, k, norm).Thresholds);
                    var (vjp, jvp) = (MagnitudeVjp(x, gamma, g, n, k, norm), MagnitudeJvp(x, gamma, g, n, k, norm));
                    AssertNear(jacobian.Transposed(g), vjp, _ => Near(jacobian), () => Describe("magnitude, VJP", x, k, norm));
                    AssertNear(jacobian.Times(g), jvp, _ => Near(jacobian), () => Describe("magnitude, JVP", x, k, norm));
                    compared++;
                }
            }
        }

        Assert.InRange(compared, 60, 168);
    }

    /// <summary>The entries that a gap keeps whole are saturated, however the threshold at which they just are is rounded.</summary>
    [ContractTheory]
    [InlineData(1.05)]
    [InlineData(1.1)]
    [InlineData(1.2)]
    [InlineData(1.3)]
    [InlineData(4.0 / 3)]
    [InlineData(1.5)]
    [InlineData(1.7)]
    [InlineData(2)]
    [InlineData(2.5)]
    [InlineData(3)]
    [InlineData(5)]
    public void Ties_that_are_kept_whole_pass_their_gradient_on_whole(double p)
    {
        foreach (var (n, k) in new[] { (3, 2), (5, 3), (16, 9), (17, 2), (64, 40), (65, 3), (300, 7) })
        {
            foreach (var (tenths, lambda) in Enumerable.Range(1, 20).SelectMany(_ => new[] { 0.01, 0.1, 0.3, 1, 2.5 }, (i, lambda) => (i, lambda)))
            {
                var (x, norm) = (new double[n], new PNorm(p, lambda));
                for (var i = 0; i < k; i++)
                {
                    x[i * n / k] = (float)(i % 2 == 0 ? tenths / 10.0 : -tenths / 10.0);
                }

                var g = Inputs.Normal(n, tenths);
                var expected = g.Select((v, i) => x[i] == 0 ? 0 : v).ToArray();
                var (z, thresholds) = MagnitudeForward(x, n, k, norm);
                Assert.Equal(x, z);
                AssertNear(expected, MagnitudeVjp(x, thresholds, g, n, k, norm), _ => 0, () => Describe("magnitude, VJP", x, k, norm));
                AssertNear(expected, MagnitudeJvp(x, thresholds, g, n, k, norm), _ => 0, () => Describe("magnitude, JVP", x, k, norm));
            }
        }
    }

    /// <summary>Where lambda is a few units in the last place of a score, the threshold lies a few units below it and must not be rounded up.</summary>
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Ties_share_where_lambda_is_a_few_units_in_their_last_place(double p)
    {
        foreach (var (n, others, k) in new[] { (3, 0, 1), (12, 4, 9), (40, 20, 35), (65, 5, 40), (100, 20, 96), (300, 50, 290) })
        {
            foreach (var (value, units) in new[] { -1e15f, -1e9f, 16777216f, 1e20f }.SelectMany(_ => new[] { 0.3, 1, 1.44, 1.7, 3, 8.2 }, (value, units) => (value, units)))
            {
                var lambda = units * Math.ScaleB(1, Math.ILogB(value) - 52);
                double[] scores = [.. Enumerable.Repeat(value > 0 ? 2.0 * value : 1.0, others), .. Enumerable.Repeat((double)value, n - others)];
                var share = (double)(k - others) / (n - others);
                double[] shares = [.. scores.Select(v => v == value ? share : 1)];
                var norm = new PNorm(p, lambda);
                AssertNear(shares, MaskForward(scores, n, k, norm), _ => 1e-6, () => Describe("mask", scores, k, norm));

                // R'(gamma) is as many units: an entry of the pool becomes its share of itself, to within that.
                norm = new PNorm(p, lambda / Math.Pow(Math.Abs(value), p - 1));
                if (Math.Abs(value) / norm.Lambda > LargestRatio)
                {
                    continue;
                }

                scores = Array.ConvertAll(scores, v => v == value ? v : 2.0 * value);
                var pooled = scores.Zip(shares, (v, part) => v * part).ToArray();
                AssertNear(
                    pooled, MagnitudeForward(scores, n, k, norm).Z, i => 1e-6 * Math.Abs(scores[i]), () => Describe("magnitude", scores, k, norm));
            }
        }
    }

    private static void AssertOneValueEach(double[] x, double[] y, Func<string> description)
    {
        var values = new Dictionary<double, double>();
        Assert.All(x.Zip(y), pair =>
        {
            if (!values.TryAdd(pair.First, pair.Second))
            {
                Assert.True(values[pair.First] == pair.Second, $"Entries {pair.First} get {values[pair.First]:R} and {pair.Second:R}: {description()}");
            }
        });
    }
}
