using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Scales, masked entries, rows that are not admitted, and floats that no one sends on purpose.</summary>
public abstract partial class PermutahedronContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Hostile_floats_give_entries_of_the_hull_in_order(double p)
    {
        var random = new Random(3);
        for (var trial = 0; trial < 200; trial++)
        {
            var n = random.Next(1, trial % 20 == 0 ? 700 : 40);
            var (x, w, norm) = (Hostile(random, n), Falling(n, trial), new PNorm(p, Math.Pow(10, random.Next(-9, 7))));
            var (y, order, ends) = Forward(x, n, w, norm);
            var slack = n * ((4 * Unit) + 1e-12) * Largest(w);
            Assert.All(y, v => Assert.InRange(v, w[^1] - slack, w[0] + slack));
            Assert.All(Enumerable.Range(1, n - 1), j => Assert.True(y[order[j]] <= y[order[j - 1]], Describe(x, w, norm)));
            Assert.All(Vjp(y, order, ends, Inputs.Normal(n, 1), n, norm), v => Assert.True(double.IsFinite(v), Describe(x, w, norm)));
        }
    }

    [ContractFact]
    public void Masked_entries_share_the_smallest_weights_and_have_no_gradient()
    {
        foreach (var (n, p) in new[] { (2, 2.0), (5, 2), (5, 1.5), (30, 4.0 / 3.0), (30, 2) })
        {
            var (x, w, g, norm) = (Inputs.Normal(n, n), Falling(n, n), Inputs.Normal(n, 1), new PNorm(p, 0.5));
            var kept = Enumerable.Range(0, n).Where(i => i % 2 == 0).ToArray();
            x = [.. x.Select((v, i) => i % 2 == 0 ? v : double.NegativeInfinity)];
            var (y, order, ends) = Forward(x, n, w, norm);
            var expected = SoftOracle.Permutahedron(SoftOracle.Pick(x, kept), w[..kept.Length], norm).Y;
            AssertNear(expected, SoftOracle.Pick(y, kept), _ => 1e-4, () => Describe(x, w, norm));
            var gradient = Vjp(y, order, ends, g, n, norm);
            Assert.All(gradient, v => Assert.True(double.IsFinite(v)));
            for (var i = 1; i < n; i += 2)
            {
                Assert.Equal(w[kept.Length..].Average(), y[i], 4 * n * Unit * Largest(w));
                Assert.Equal(0, gradient[i]);
            }
        }
    }

    [ContractTheory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_row_that_is_not_admitted_is_NaN_and_leaves_the_others_alone(double poison)
    {
        foreach (var n in new[] { 1, 2, 9, 300 })
        {
            var (one, norm, w, g) = (Inputs.Normal(n, n), PNorm.Smooth(0.5), Falling(n, 1), Inputs.Normal(3 * n, 2));
            double[] x = [.. one, .. one, .. one];
            var (clean, order, ends) = Forward(x, n, w, norm);
            var cleanVjp = Vjp(clean, order, ends, g, n, norm);
            x[n + (n / 2)] = poison;
            (var y, order, ends) = Forward(x, n, w, norm);
            Assert.Equal(0, ends[n]);
            foreach (var (expected, actual) in new[] { (clean, y), (cleanVjp, Vjp(y, order, ends, g, n, norm)) })
            {
                Assert.Equal(expected[..n], actual[..n]);
                Assert.All(actual[n..(2 * n)], v => Assert.Equal(double.NaN, v));
                Assert.Equal(expected[(2 * n)..], actual[(2 * n)..]);
            }
        }
    }

    [ContractFact]
    public void Rows_are_independent_with_weights_shared_or_their_own()
    {
        foreach (var n in new[] { 1, 4, 65, 300 })
        {
            var (x, norm, g) = (Inputs.Normal(6 * n, n), new PNorm(1.5, 0.5), Inputs.Normal(6 * n, 1));
            double[] w = [.. Enumerable.Range(0, 6).SelectMany(row => Falling(n, row))];
            var (y, order, ends) = Forward(x, n, w, norm);
            var shared = Forward(x, n, w[..n], norm).Y;
            var vjp = Vjp(y, order, ends, g, n, norm);
            for (var row = 0; row < 6; row++)
            {
                var range = (row * n)..((row + 1) * n);
                Assert.Equal(Forward(x[range], n, w[range], norm).Y, y[range]);
                Assert.Equal(Forward(x[range], n, w[..n], norm).Y, shared[range]);
                Assert.Equal(Vjp(y[range], order[range], ends[range], g[range], n, norm), vjp[range]);
            }
        }

        Assert.Empty(Forward([], 0, [], PNorm.Quadratic(1)).Y);
        Assert.Empty(Forward([], 2, [1, 0], PNorm.Quadratic(1)).Y);
        Assert.Empty(Vjp([], [], [], [], 2, PNorm.Quadratic(1)));
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Only_the_ratio_of_x_to_lambda_matters(double p)
    {
        foreach (var scale in new[] { Math.Pow(2, -90), Math.Pow(2, 90) })
        {
            foreach (var n in Lengths)
            {
                var (x, w, g) = (Inputs.Normal(n, n), Falling(n, n), Inputs.Normal(n, 1));
                var (y, order, ends) = Forward(x, n, w, new PNorm(p, 0.5));
                var (scaled, _, scaledEnds) = Forward(Array.ConvertAll(x, v => v * scale), n, w, new PNorm(p, 0.5 * scale));
                var sway = 16 * Sway(0, x, new PNorm(p, 0.5), n);
                AssertNear(y, scaled, i => (4 * Unit * (1 + Largest(w))) + sway, () => $"p = {p}, n = {n}, scale = {scale}");
                Assert.Equal(ends, scaledEnds);
                var vjp = Vjp(y, order, ends, g, n, new PNorm(p, 0.5));
                var scaledVjp = Array.ConvertAll(Vjp(y, order, ends, g, n, new PNorm(p, 0.5 * scale)), v => v * scale);
                AssertNear(vjp, scaledVjp, _ => 64 * Unit * Largest(vjp), () => $"VJP, p = {p}, n = {n}, scale = {scale}");
            }
        }
    }
}
