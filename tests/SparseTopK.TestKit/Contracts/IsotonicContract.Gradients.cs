using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The derivatives against the written-out Jacobian, differences, and each other.</summary>
public abstract partial class IsotonicContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Products_match_the_closed_form_Jacobian(double p)
    {
        var compared = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var n = 1 + (seed % 15);
            var term = (OracleTerm)(seed % 3);
            var norm = term == 0 ? default : new PNorm(p, new[] { 0.1, 1, 10 }[seed / 3 % 3]);
            var problem = Problem("random", n, seed, term, norm);
            var (order, g) = (Orders[seed / 9 % 2], Inputs.Normal(n, seed + 2));
            var solution = IsotonicOracle.Solve(problem, order);
            if (solution.Margin < 1e-4 || (p > 2 && IsNearAnEntry(problem, solution, 1e-3)))
            {
                continue;
            }

            compared++;
            var (v, ends) = Forward(problem.X, n, problem.W, problem.Objective, order);
            var jacobian = FamilyJacobian.Isotonic(problem, solution);
            var tolerance = ProductTolerance(problem);
            var vjp = Vjp(problem.X, v, ends, g, n, problem.W, problem.Objective);
            AssertProduct(jacobian, g, vjp, tolerance, true, () => $"VJP, {Describe(problem, order)}");
            var jvp = Jvp(problem.X, v, ends, g, n, problem.W, problem.Objective);
            AssertProduct(jacobian, g, jvp, tolerance, false, () => $"JVP, {Describe(problem, order)}");
        }

        Assert.InRange(compared, 30, 60);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Products_match_central_differences(double p)
    {
        var compared = 0;
        for (var seed = 0; seed < 42; seed++)
        {
            var (n, term) = (2 + (seed % 6), (OracleTerm)(seed % 3));
            var norm = term == 0 ? default : new PNorm(p, 1);
            var problem = Problem("random", n, seed, term, norm);
            var (order, g) = (Orders[seed / 3 % 2], Inputs.Normal(n, seed + 2));
            var solution = IsotonicOracle.Solve(problem, order);
            if (solution.Margin < 0.01 || (p > 2 && IsNearAnEntry(problem, solution, 0.03)))
            {
                continue;
            }

            compared++;
            var expected = CentralDifferences.Vjp(x => IsotonicOracle.Solve(problem with { X = x }, order).V, problem.X, g, 1e-5);
            var (v, ends) = Forward(problem.X, n, problem.W, problem.Objective, order);
            var vjp = Vjp(problem.X, v, ends, g, n, problem.W, problem.Objective);
            AssertNear(expected, vjp, _ => 1e-4 * Largest(g), () => Describe(problem, order));
        }

        Assert.InRange(compared, 15, 42);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void The_two_products_are_transposes(double p)
    {
        foreach (var n in new[] { 1, 8, 65, 300, 5000 })
        {
            foreach (var term in Terms)
            {
                var problem = Problem(n == 300 ? "tied" : "random", n, n, term, term == 0 ? default : new PNorm(p, 2));
                var (g, dx) = (Inputs.Normal(n, n + 2), Inputs.Normal(n, n + 3));
                var (v, ends) = Forward(problem.X, n, problem.W, problem.Objective, Orders[n % 2]);
                var vjp = Vjp(problem.X, v, ends, g, n, problem.W, problem.Objective);
                var jvp = Jvp(problem.X, v, ends, dx, n, problem.W, problem.Objective);
                AssertTransposed(g, jvp, vjp, dx, 16 * ProductTolerance(problem));
            }
        }
    }

    [ContractFact]
    public void Where_p_exceeds_2_a_block_follows_the_entries_on_its_value_alone()
    {
        // The blocks' minimisers are 0 by symmetry, where c is infinite: entries at 0 share the gradient, the others get none.
        var objective = IsotonicObjective.LinearTerm(new PNorm(3, 1));
        double[] x = [-1, 0, 0, 1], w = [0, 0, 0, 0], g = [1, 2, 3, 4];
        var (v, ends) = Forward(x, 4, w, objective);
        Assert.Equal([0, 0, 0, 0], v);
        Assert.Equal([0, 5, 5, 0], Vjp(x, v, ends, g, 4, w, objective));
        Assert.Equal([2.5, 2.5, 2.5, 2.5], Jvp(x, v, ends, g, 4, w, objective));
    }

    [ContractFact]
    public void Gradients_are_finite_where_the_derivative_is_unbounded_or_undetermined()
    {
        foreach (var (p, n) in new[] { 1.05, 1.5, 2.5, 3, 5, 40 }.SelectMany(p => SmallLengths.Select(n => (p, n))))
        {
            foreach (var term in new[] { OracleTerm.Linear, OracleTerm.Quadratic })
            {
                foreach (var (shape, lambda) in new[] { ("tied", 1e-6), ("tied", 1.0), ("plateaus", 1e4), ("rising", 1.0) })
                {
                    // Half the weights 0: entries alone then lie on their value, and a plateau has no slope at all.
                    var problem = Problem(shape, n, n, term, new PNorm(p, lambda));
                    var w = problem.W.Select((v, i) => i < n / 2 ? v : 0).ToArray();
                    var (v, ends) = Forward(problem.X, n, w, problem.Objective);
                    var g = Inputs.Normal(n, n + 1);
                    Assert.All(Vjp(problem.X, v, ends, g, n, w, problem.Objective), value => Assert.True(double.IsFinite(value)));
                    Assert.All(Jvp(problem.X, v, ends, g, n, w, problem.Objective), value => Assert.True(double.IsFinite(value)));
                }
            }
        }
    }

    /// <summary>Whether an entry of a pool lies within a distance of the pool's value: where p &gt; 2 the slope is unbounded there.</summary>
    private static bool IsNearAnEntry(IsotonicProblem problem, IsotonicSolution solution, double distance) =>
        problem.Term != 0 && problem.X.Zip(solution.V).Any(pair => Math.Abs(pair.First - pair.Second) < distance);

    private double ProductTolerance(IsotonicProblem problem)
    {
        var norm = problem.Term == 0 ? PNorm.Quadratic(1) : problem.Norm;
        return IsDouble ? Tolerance.Vjp<double>(norm, problem.X) : Tolerance.Vjp<float>(norm, problem.X);
    }
}
