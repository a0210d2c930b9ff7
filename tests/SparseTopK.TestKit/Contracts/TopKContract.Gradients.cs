using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The derivatives against the written-out Jacobian, differences, and each other.</summary>
public abstract partial class TopKContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Products_match_the_closed_form_Jacobian(double p)
    {
        var compared = 0;
        for (var seed = 0; seed < 45; seed++)
        {
            var n = seed < 40 ? 2 + seed : 60 * (seed - 38);
            var (x, k, norm) = (Inputs.Normal(n, seed), 1 + (n / 4), new PNorm(p, new[] { 0.1, 1, 10 }[seed % 3]));
            var (g, dx) = (Inputs.Normal(n, seed + 1), Inputs.Normal(n, seed + 2));
            double Unit(OracleJacobian j, double[] v) => VjpTolerance(norm, x) * j.Scale * v.Max(Math.Abs);
            if (Oracle.Mask(x, k, norm) is { Margin: > 1e-4 } mask)
            {
                compared++;
                var y = MaskForward(x, n, k, norm);
                var jacobian = OracleJacobian.Mask(mask, norm);
                AssertNear(jacobian.Transposed(g), MaskVjp(y, g, n, norm), _ => Unit(jacobian, g), () => Describe("mask, VJP", x, k, norm));
                AssertNear(jacobian.Times(dx), MaskJvp(y, dx, n, norm), _ => Unit(jacobian, dx), () => Describe("mask, JVP", x, k, norm));
            }

            if (Oracle.Magnitude(x, k, norm) is { Margin: > 1e-4 } magnitude)
            {
                compared++;
                var thresholds = MagnitudeForward(x, n, k, norm).Thresholds;
                var jacobian = OracleJacobian.Magnitude(x, magnitude, k, norm);
                var (vjp, jvp) = (MagnitudeVjp(x, thresholds, g, n, k, norm), MagnitudeJvp(x, thresholds, dx, n, k, norm));
                AssertNear(jacobian.Transposed(g), vjp, _ => Unit(jacobian, g), () => Describe("magnitude, VJP", x, k, norm));
                AssertNear(jacobian.Times(dx), jvp, _ => Unit(jacobian, dx), () => Describe("magnitude, JVP", x, k, norm));
            }
        }

        Assert.InRange(compared, 45, 90);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Products_match_central_differences(double p)
    {
        var compared = 0;
        for (var seed = 0; seed < 120; seed++)
        {
            var n = 2 + (seed % 12);
            var (x, g, k, norm) = (Inputs.Normal(n, seed), Inputs.Normal(n, seed + 1), 1 + (n / 3), new PNorm(p, 1));
            var mask = Oracle.Mask(x, k, norm);
            if (mask.Margin > 0.02)
            {
                compared++;
                var expected = CentralDifferences.Vjp(v => Oracle.Mask(v, k, norm).Output, x, g, 1e-5);
                var scale = 1 + OracleJacobian.Mask(mask, norm).Scale;
                AssertNear(expected, MaskGradient(x, k, norm, g), _ => 1e-4 * scale, () => Describe("mask", x, k, norm));
            }

            var magnitude = Oracle.Magnitude(x, k, norm);
            if (magnitude.Margin > 0.02)
            {
                compared++;
                var step = 1e-5 * Math.Min(magnitude.Width, magnitude.Threshold);
                var expected = CentralDifferences.Vjp(v => Oracle.Magnitude(v, k, norm).Output, x, g, step);
                var scale = 1 + OracleJacobian.Magnitude(x, magnitude, k, norm).Scale;
                AssertNear(expected, MagnitudeGradient(x, k, norm, g), _ => 1e-4 * scale, () => Describe("magnitude", x, k, norm));
            }
        }

        Assert.InRange(compared, 40, 240);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void The_two_products_are_transposes(double p)
    {
        foreach (var n in new[] { 5, 17, 64, 65, 300, p is 2 or 4.0 / 3.0 ? 5000 : Math.Min(2100, LongestGeneral) })
        {
            var (x, g, dx) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1), Inputs.Normal(n, n + 2));
            var (k, norm) = (1 + (n / 8), new PNorm(p, 3));
            var y = MaskForward(x, n, k, norm);
            AssertTransposed(g, MaskJvp(y, dx, n, norm), MaskVjp(y, g, n, norm), dx, norm);
            var thresholds = MagnitudeForward(x, n, k, norm).Thresholds;
            AssertTransposed(g, MagnitudeJvp(x, thresholds, dx, n, k, norm), MagnitudeVjp(x, thresholds, g, n, k, norm), dx, norm);
        }
    }

    [ContractFact]
    public void At_a_kink_the_derivative_is_that_of_the_constant_side()
    {
        // tau = 0 exactly: y = (1, 1/2, 1/2, 0, 0), where the first sits on saturation and the fourth on 0.
        double[] x = [1, 0.5, 0.5, 0, -3];
        double[] g = [3, 1, 5, 7, 11];
        var y = MaskForward(x, 5, 2, PNorm.Quadratic(1));
        Assert.Equal([1, 0.5, 0.5, 0, 0], y);
        Assert.Equal([0, -2, 2, 0, 0], MaskVjp(y, g, 5, PNorm.Quadratic(1)));
        Assert.Equal([0, -2, 2, 0, 0], MaskJvp(y, g, 5, PNorm.Quadratic(1)));
    }

    [ContractTheory]
    [InlineData(2.5)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(40)]
    public void Gradients_are_finite_where_the_derivative_is_unbounded(double p)
    {
        foreach (var n in new[] { 5, 64, 300, Math.Min(2500, LongestGeneral) })
        {
            var g = Inputs.Normal(n, n + 1);
            foreach (var lambda in new[] { 1e-6, 1e-2, 1, 1e4 })
            {
                // Entries just above the threshold of the rest, down to the last bit.
                var norm = new PNorm(p, lambda);
                var x = Inputs.Normal(n, n);
                var tau = Oracle.Mask(x, 2, norm).Threshold;
                x[^1] = (float)tau;
                x[^2] = MathF.BitIncrement((float)tau);
                Assert.All(MaskGradient(x, 2, norm, g), v => Assert.True(double.IsFinite(v)));
                Assert.All(MagnitudeGradient(x, 2, norm, g), v => Assert.True(double.IsFinite(v)));
            }
        }
    }

    [ContractFact]
    public void The_gradient_is_never_NaN_where_the_output_is_zero()
    {
        foreach (var n in new[] { 4, 64, 100, 3000 })
        {
            foreach (var norm in NormsFor(n))
            {
                var x = Array.ConvertAll(Inputs.Normal(n, n), v => Math.Max(v, 0));
                var (z, thresholds) = MagnitudeForward(x, n, n / 4, norm);
                var vjp = MagnitudeVjp(x, thresholds, Inputs.Normal(n, n + 1), n, n / 4, norm);
                Assert.All(Enumerable.Range(0, n).Where(i => z[i] == 0), i => Assert.Equal(0, vjp[i]));
                Assert.DoesNotContain(double.NaN, vjp);
            }
        }
    }

    private void AssertTransposed(double[] g, double[] jvp, double[] vjp, double[] dx, PNorm norm)
    {
        var (left, right) = (g.Zip(jvp, (a, b) => a * b).ToArray(), vjp.Zip(dx, (a, b) => a * b).ToArray());
        // Above p = 2 the slopes are unbounded, and what they leave after they cancel is less exact.
        var tolerance = (norm.P > 2 ? 100 : 1) * VjpTolerance(norm, [1]);
        Assert.Equal(left.Sum(), right.Sum(), tolerance * (1 + left.Sum(Math.Abs) + right.Sum(Math.Abs)));
        Assert.Contains(left, v => v != 0);
    }
}
