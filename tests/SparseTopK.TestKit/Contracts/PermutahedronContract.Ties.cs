using System.Numerics;
using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Ties, as labels and rounded scores leave them, among the scores and among the weights.</summary>
public abstract partial class PermutahedronContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Short_rows_of_ties_match_the_oracle(double p)
    {
        foreach (var (_, x) in Inputs.RowsOfTies(IsDouble, 3, 6, 16, 17, 33))
        {
            var n = x.Length;
            foreach (var lambda in new[] { 0.1, 1, 30 })
            {
                var norm = new PNorm(p, lambda);
                double[][] weights = [[.. Inputs.Tenths(n, 1).OrderDescending()], [.. Inputs.Labels(n, 2).OrderDescending()], SoftOracle.Falling(n)];
                foreach (var w in weights)
                {
                    var (expected, y) = (SoftOracle.Permutahedron(x, w, norm).Y, Forward(x, n, w, norm).Y);
                    var near = 8 * ForwardTolerance(norm, x) * Math.Max(1, Largest(w));
                    AssertNear(expected, y, i => near + Sway(expected[i], x, norm, n), () => Describe(x, w, norm));
                    Assert.All(x.Zip(y).GroupBy(pair => pair.First), group => Assert.Single(group.Select(pair => pair.Second).Distinct()));
                }
            }
        }
    }

    [ContractFact]
    public void Long_rows_of_ties_come_of_the_exact_blocks()
    {
        foreach (var (shape, x) in Inputs.RowsOfTies(IsDouble, 65, 300, 1000, 3000))
        {
            var n = x.Length;
            foreach (var lambda in new[] { 1 / 64.0, 1, 30 })
            {
                var w = Inputs.Tenths(n, 1).OrderDescending().ToArray();
                var order = Enumerable.Range(0, n).OrderByDescending(i => x[i]).ToArray();
                BigInteger[] scores = [.. order.Select(i => ExactPooling.Of(x[i]))], exact = Array.ConvertAll(w, ExactPooling.Of);
                var ends = ExactPooling.Blocks(scores.Select((s, i) => s - (exact[i] * (BigInteger)(lambda * 64) / 64)));
                var (means, shares) = (ExactPooling.Means(scores, ends), ExactPooling.Means(exact, ends));
                var expected = new double[n];
                for (var i = 0; i < n; i++)
                {
                    expected[order[i]] = ((x[order[i]] - means[i]) / lambda) + shares[i];
                }

                var norm = PNorm.Quadratic(lambda);
                AssertNear(expected, Forward(x, n, w, norm).Y, _ => 8 * ForwardTolerance(norm, x), () => $"{shape}, {Describe(x, w, norm)}");
            }
        }
    }
}
