using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Ties, as labels and rounded scores leave them: means of blocks that are equal but for rounding are one block.</summary>
public abstract partial class IsotonicContract
{
    [ContractFact]
    public void Least_squares_of_ties_are_the_exact_means_of_the_exact_blocks()
    {
        foreach (var (shape, x) in Inputs.RowsOfTies(IsDouble, [3, .. Enumerable.Range(4, 40), 64, 65, 256, 257, 999, 1000, 5000]))
        {
            AssertExact(x, shape);
        }
    }

    [ContractFact]
    public void Published_rows_of_ties_are_one_block()
    {
        var (v, ends) = Forward([0.1, 0.7, 0.4], 3, [], IsotonicObjective.LeastSquares);
        AssertNear([0.4, 0.4, 0.4], v, _ => Unit, () => "tenths");
        AssertBlocks(v, ends, 3, IsotonicOrder.Decreasing);
        (v, _) = Forward([0, 1, 0, 0, 1, 0, 1, 1, 0, 1], 10, [], IsotonicObjective.LeastSquares);
        AssertAll(v, 0.5);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Ties_of_every_term_match_the_min_max_formula(double p)
    {
        foreach (var (shape, x) in Inputs.RowsOfTies(IsDouble, 3, 8, 16, 17, 33))
        {
            var n = x.Length;
            foreach (var term in new[] { OracleTerm.Linear, OracleTerm.Quadratic })
            {
                var w = n % 2 == 0 ? Inputs.Labels(n, n) : Enumerable.Repeat(1.0, n).ToArray();
                AssertSolves(new IsotonicProblem(x, w, term, new PNorm(p, 0.5)), shape);
            }
        }
    }

    private void AssertExact(double[] x, string shape)
    {
        var (n, exact) = (x.Length, Array.ConvertAll(x, ExactPooling.Of));
        var ends = ExactPooling.Blocks(exact);
        var means = ExactPooling.Means(exact, ends);
        var (v, _) = Forward(x, n, [], IsotonicObjective.LeastSquares);
        AssertNear(means, v, i => (2 * Unit * Math.Abs(means[i])) + (8 * UnitDouble), () => $"{shape}, n = {n}, x = {Show(x)}");
        var reversed = Forward([.. x.Reverse()], n, [], IsotonicObjective.LeastSquares, IsotonicOrder.Increasing).V;
        AssertNear(means, [.. reversed.Reverse()], i => (2 * Unit * Math.Abs(means[i])) + (8 * UnitDouble), () => $"increasing, {shape}, n = {n}");
    }
}
