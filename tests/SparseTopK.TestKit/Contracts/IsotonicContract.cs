using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Isotonic regression, on any back end: a test class per back end derives from it.</summary>
public abstract partial class IsotonicContract : FamilyContract
{
    /// <param name="x">Rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="w">The weights, of a row or of all; or none.</param>
    /// <param name="objective">What is minimised.</param>
    /// <param name="order">Which way v runs.</param>
    protected abstract (double[] V, int[] Ends) Forward(
        double[] x, int n, double[] w, IsotonicObjective objective, IsotonicOrder order = IsotonicOrder.Decreasing);

    protected abstract double[] Vjp(double[] x, double[] v, int[] ends, double[] g, int n, double[] w, IsotonicObjective objective);

    protected abstract double[] Jvp(double[] x, double[] v, int[] ends, double[] dx, int n, double[] w, IsotonicObjective objective);

    [ContractFact]
    public void Least_squares_of_up_to_40_entries_match_the_min_max_formula()
    {
        for (var n = 0; n <= 40; n++)
        {
            foreach (var shape in Shapes)
            {
                var x = Inputs.Monotone(shape, n, n);
                double[][] weights = [Inputs.Positive(n, n), [.. Enumerable.Repeat(1.0, n)], Array.ConvertAll(Inputs.Normal(n, 1), v => (v * v) + 1e-3)];
                foreach (var w in weights)
                {
                    var problem = new IsotonicProblem(x, Array.ConvertAll(w, v => (double)(float)v), OracleTerm.LeastSquares, default);
                    AssertSolves(problem, shape);
                    if (n > 0 && w.All(v => v == 1))
                    {
                        Assert.All(Orders, order => Assert.Equal(
                            Forward(x, n, w, problem.Objective, order).V, Forward(x, n, [], problem.Objective, order).V));
                    }
                }
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_up_to_40_entries_match_the_min_max_formula(double p)
    {
        foreach (var n in Enumerable.Range(1, 20).Append(27).Append(40))
        {
            foreach (var term in new[] { OracleTerm.Linear, OracleTerm.Quadratic })
            {
                var seed = n + (int)term;
                var norm = new PNorm(p, Strengths[seed % 5]);
                AssertSolves(Problem(Shapes[seed % 4 == 0 ? seed / 4 % 5 : 0], n, seed, term, norm), "random weights");
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Every_shape_and_strength_matches_the_min_max_formula(double p)
    {
        foreach (var (shape, lambda) in Shapes.SelectMany(shape => Strengths.Select(lambda => (shape, lambda))))
        {
            foreach (var term in new[] { OracleTerm.Linear, OracleTerm.Quadratic })
            {
                AssertSolves(Problem(shape, 9, (int)term, term, new PNorm(p, lambda)), shape);
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_up_to_six_entries_solve_the_optimization_problem(double p)
    {
        for (var seed = 0; seed < 18; seed++)
        {
            var term = (OracleTerm)(seed % 3);
            var problem = Problem("random", 1 + (seed / 3), seed, term, term == 0 ? default : new PNorm(p, new[] { 0.5, 1, 4 }[seed / 3 % 3]));
            foreach (var order in Orders)
            {
                var v = Forward(problem.X, problem.Length, problem.W, problem.Objective, order).V;
                var (best, value) = IsotonicOracle.BruteForce(problem, order);
                Assert.InRange(problem.Value(v), double.NegativeInfinity, value + ((1e-9 + (4 * Unit)) * (1 + Math.Abs(value))));
                if (p >= 1.2 || term == 0)
                {
                    // Below, the objective is so flat that float64 cannot tell its lowest point.
                    AssertNear(best, v, _ => 1e-4 * (1 + Largest(best)), () => Describe(problem, order));
                }
            }
        }
    }

    /// <summary>A row with the weights that its objective admits.</summary>
    protected static IsotonicProblem Problem(string shape, int n, int seed, OracleTerm term, PNorm norm)
    {
        var w = term == OracleTerm.Linear ? Inputs.Normal(n, seed + 1) : Inputs.Positive(n, seed + 1);
        if (term == OracleTerm.Quadratic && seed % 2 == 0)
        {
            w = [.. w.Select((v, i) => i % 3 == 1 ? 0 : v)];
        }

        return new IsotonicProblem(Inputs.Monotone(shape, n, seed), w, term, norm);
    }

    /// <summary>v against the oracle, in both orders; and that it is monotone, with blocks that say where it changes.</summary>
    private void AssertSolves(IsotonicProblem problem, string name)
    {
        var n = problem.Length;
        var minimisers = IsotonicOracle.Minimisers(n, problem.Minimiser);
        foreach (var order in Orders)
        {
            var (v, ends) = Forward(problem.X, n, problem.W, problem.Objective, order);
            if (n > 0)
            {
                var expected = IsotonicOracle.Solve(minimisers, order).V;
                var scale = Math.Max(Largest(problem.X), Largest(expected));
                var rounding = (64 + (4 * n)) * UnitDouble * scale;
                AssertNear(expected, v, i => (2 * Unit * Math.Abs(expected[i])) + rounding, () => $"{name}, {Describe(problem, order)}");
            }

            AssertBlocks(v, ends, n, order);
        }
    }

    protected static void AssertBlocks(double[] v, int[] ends, int n, IsotonicOrder order)
    {
        var sign = order == IsotonicOrder.Decreasing ? 1 : -1;
        Assert.Equal(v.Length, ends.Length);
        Assert.Equal(-1, Array.FindIndex(Wrong(v, sign), isWrong => isWrong));
        for (int block = 0, start = 0; block < n; start = ends[block++])
        {
            Assert.InRange(ends[block], start == n ? n : start + 1, n);
            Assert.Equal(-1, v.AsSpan(start, ends[block] - start).IndexOfAnyExcept(v[Math.Min(start, n - 1)]));
        }

        Assert.True(n == 0 || ends[^1] == n);
    }

    /// <summary>Where v goes the wrong way.</summary>
    private static bool[] Wrong(double[] v, int sign) => [.. v.Select((value, i) => i > 0 && !(sign * (value - v[i - 1]) <= 0))];

    protected static string Describe(IsotonicProblem problem, IsotonicOrder order) =>
        FormattableString.Invariant($"{problem.Objective}, {order}, n = {problem.Length}, x = {Show(problem.X)}, w = {Show(problem.W)}");
}
