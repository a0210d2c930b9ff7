using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The derivatives against the written-out Jacobian, differences, and each other; and at ties.</summary>
public abstract partial class SoftOrderContract
{
    [ContractTheory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(5)]
    public void Products_match_the_closed_form_Jacobian_and_central_differences(double lambda)
    {
        var compared = 0;
        foreach (var (kind, seed) in Kinds.SelectMany(_ => Enumerable.Range(0, 20), (kind, seed) => (kind with { Lambda = lambda }, seed)))
        {
            var n = 1 + (seed % 9);
            var (x, g) = (Inputs.Normal(n, seed), Inputs.Normal(n, seed + 1));
            var (rank, sort) = (SoftOracle.Rank(x, kind), SoftOracle.Sort(x, kind));
            if (rank.Solution.Margin < 1e-3 || sort.Solution.Margin < 1e-3)
            {
                continue;
            }

            compared++;
            var (y, order, ends) = Rank(x, n, kind);
            var vjp = RankVjp(x, order, ends, g, n, kind);
            AssertProducts(FamilyJacobian.Rank(rank, kind), g, vjp, RankJvp(x, order, ends, g, n, kind), () => $"rank, {kind}, x = {Show(x)}");
            AssertNear(
                CentralDifferences.Vjp(v => SoftOracle.Rank(v, kind).Y, x, g, 1e-5), vjp, _ => 1e-4 * Largest(g) / lambda, () => $"rank, {kind}");

            (_, order, ends) = Sort(x, n, kind);
            vjp = SortVjp(x, order, ends, g, n, kind);
            AssertProducts(FamilyJacobian.Sort(x, sort, kind), g, vjp, SortJvp(x, order, ends, g, n, kind), () => $"sort, {kind}, x = {Show(x)}");
            AssertNear(
                CentralDifferences.Vjp(v => SoftOracle.Sort(v, kind).Y, x, g, 1e-5), vjp, _ => 1e-4 * Largest(g), () => $"sort, {kind}");
        }

        Assert.InRange(compared, 30, 80);
    }

    [ContractFact]
    public void Outputs_and_gradients_commute_with_permutations_even_at_ties()
    {
        foreach (var (n, kind) in Lengths.SelectMany(_ => Kinds, (n, kind) => (n, kind with { Lambda = n % 2 == 0 ? 0.3 : 3 })))
        {
            foreach (var x in new[] { Inputs.Normal(n, n), Inputs.Tied(n, n) })
            {
                var (g, dx, places) = (Inputs.Normal(n, 3), Inputs.Normal(n, 4), Shuffled(n, n));
                var (moved, movedG) = (SoftOracle.Pick(x, places), SoftOracle.Pick(g, places));
                var (y, order, ends) = Rank(x, n, kind);
                var (movedY, movedOrder, movedEnds) = Rank(moved, n, kind);
                Assert.Equal(SoftOracle.Pick(y, places), movedY);
                double Near(double[] gradient) => 64 * n * Unit * (Largest(gradient) + Largest(g) / Math.Min(1, kind.Lambda));
                var vjp = RankVjp(x, order, ends, g, n, kind);
                var movedVjp = RankVjp(moved, movedOrder, movedEnds, movedG, n, kind);
                AssertNear(SoftOracle.Pick(vjp, places), movedVjp, _ => Near(vjp), () => $"rank, {kind}");
                AssertTransposed(g, RankJvp(x, order, ends, dx, n, kind), vjp, dx, 256 * n * Unit);

                (y, order, ends) = Sort(x, n, kind);
                (movedY, movedOrder, movedEnds) = Sort(moved, n, kind);
                Assert.Equal(y, movedY);
                vjp = SortVjp(x, order, ends, g, n, kind);
                AssertNear(SoftOracle.Pick(vjp, places), SortVjp(moved, movedOrder, movedEnds, g, n, kind), _ => Near(vjp), () => $"sort, {kind}");
                var jvp = SortJvp(x, order, ends, movedG, n, kind);
                var movedJvp = SortJvp(moved, movedOrder, movedEnds, SoftOracle.Pick(movedG, places), n, kind);
                AssertNear(jvp, movedJvp, _ => Near(jvp), () => $"sort, JVP, {kind}");
                AssertTransposed(g, SortJvp(x, order, ends, dx, n, kind), vjp, dx, 256 * n * Unit);
            }
        }
    }

    [ContractFact]
    public void Tied_entries_of_a_sort_get_the_mean_of_their_places()
    {
        // All places hard: 1 is at place 0, the twos at 1 and 2, 5 at 3.
        foreach (var regularization in Enum.GetValues<SoftRegularization>())
        {
            var kind = new SoftOrder(1e-3, SortDirection.Ascending, regularization);
            double[] x = [2, 5, 2, 1];
            var (y, order, ends) = Sort(x, 4, kind);
            Assert.Equal([1, 2, 2, 5], y);
            Assert.Equal([3, 7, 3, 1], SortVjp(x, order, ends, [1, 2, 4, 7], 4, kind));
            Assert.Equal([7, 2, 2, 1], SortJvp(x, order, ends, [1, 1, 3, 7], 4, kind));
        }
    }

    private void AssertProducts(OracleJacobian jacobian, double[] g, double[] vjp, double[] jvp, Func<string> description)
    {
        AssertProduct(jacobian, g, vjp, 64 * Unit, true, () => $"VJP, {description()}");
        AssertProduct(jacobian, g, jvp, 64 * Unit, false, () => $"JVP, {description()}");
    }
}
