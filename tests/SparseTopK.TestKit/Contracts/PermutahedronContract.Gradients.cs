using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The derivatives against the written-out Jacobian, differences, and each other; and at ties.</summary>
public abstract partial class PermutahedronContract
{
    [ContractTheory]
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

    [ContractTheory]
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

    [ContractFact]
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

}
