using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Derivatives, ties and rows that are not admitted.</summary>
public abstract partial class PermutahedronContract
{
    [Theory]
    [MemberData(nameof(Exponents))]
    public void Products_match_the_closed_form_Jacobian_and_central_differences(double p)
    {
        var compared = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var (n, norm) = (1 + (seed % 7), new PNorm(p, new[] { 0.1, 1, 10 }[seed % 3]));
            var (x, w, g) = (Inputs.Normal(n, seed), Falling(n, seed), Inputs.Normal(n, seed + 1));
            var row = SoftOracle.Permutahedron(x, w, norm);
            if (row.Solution.Margin < 0.01 || row.Y.Any(v => Math.Abs(v) < 0.01))
            {
                continue;
            }

            compared++;
            var (y, order, ends) = Forward(x, n, w, norm);
            var jacobian = FamilyJacobian.Permutahedron(row, norm);
            var (vjp, jvp) = (Vjp(y, order, ends, g, n, norm), Jvp(y, order, ends, g, n, norm));
            AssertProduct(jacobian, g, vjp, 4 * VjpTolerance(norm, x), true, () => $"VJP, {Describe(x, w, norm)}");
            AssertProduct(jacobian, g, jvp, 4 * VjpTolerance(norm, x), false, () => $"JVP, {Describe(x, w, norm)}");
            var differences = CentralDifferences.Vjp(v => SoftOracle.Permutahedron(v, w, norm).Y, x, g, 1e-6 * Math.Min(1, norm.Lambda));
            AssertNear(differences, vjp, _ => 1e-3 * (1e-3 + jacobian.Scale) * Largest(g), () => $"differences, {Describe(x, w, norm)}");
        }

        Assert.InRange(compared, 10, 50);
    }

    [Theory]
    [MemberData(nameof(Exponents))]
    public void Outputs_and_gradients_commute_with_permutations_even_at_ties(double p)
    {
        foreach (var (n, shape) in Lengths.SelectMany(_ => Shapes.Take(2), (n, shape) => (n, shape)))
        {
            var (x, w, g, norm) = (Inputs.Monotone(shape, n, n), Falling(n, n + 1), Inputs.Normal(n, 3), new PNorm(p, 0.7));
            var (y, order, ends) = Forward(x, n, w, norm);
            var (places, vjp) = (Shuffled(n, n), Vjp(y, order, ends, g, n, norm));
            var (moved, movedOrder, movedEnds) = Forward(SoftOracle.Pick(x, places), n, w, norm);
            Assert.Equal(SoftOracle.Pick(y, places), moved);
            var movedVjp = Vjp(moved, movedOrder, movedEnds, SoftOracle.Pick(g, places), n, norm);
            AssertNear(SoftOracle.Pick(vjp, places), movedVjp, _ => 64 * n * Unit * (Largest(vjp) + Largest(g)), () => Describe(x, w, norm));
            var dx = Inputs.Normal(n, 4);
            AssertTransposed(g, Jvp(y, order, ends, dx, n, norm), vjp, dx, 256 * Unit * n, norm.ResponseExponent * (1 + Largest(y)) / norm.Lambda);
        }
    }

    [Fact]
    public void Tied_entries_that_are_chosen_whole_have_no_gradient()
    {
        // Both threes have weight 1 and both zeros weight 0, and stay so wherever they move a little.
        double[] x = [3, 0, 3, 0], g = [1, 2, 3, 4];
        foreach (var p in new[] { 4.0 / 3.0, 1.5, 2 })
        {
            var (y, order, ends) = Forward(x, 4, [1, 1, 0, 0], new PNorm(p, 1));
            Assert.Equal([1, 0, 1, 0], y);
            Assert.Equal([0, 0, 0, 0], Vjp(y, order, ends, g, 4, new PNorm(p, 1)));
        }
    }

    [Fact]
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

    [Theory]
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

    [Fact]
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
}
