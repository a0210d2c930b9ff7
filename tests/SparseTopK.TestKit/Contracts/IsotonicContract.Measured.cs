using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Verified cases, and floats that no one sends on purpose.</summary>
public abstract partial class IsotonicContract
{
    [ContractTheory]
    [InlineData(1.1)]
    [InlineData(4.0 / 3.0)]
    [InlineData(1.5)]
    public void Gradients_keep_their_digits_where_v_is_rounded_far_from_0(double p)
    {
        foreach (var seed in Enumerable.Range(0, 12))
        {
            var problem = Problem("rising", 6, seed, OracleTerm.Linear, new PNorm(p, 1));
            problem = problem with { X = Array.ConvertAll(problem.X, x => (double)(float)(3000 + x)) };
            var (v, ends) = Forward(problem.X, 6, problem.W, problem.Objective);
            var (g, solution) = (Inputs.Normal(6, seed), IsotonicOracle.Solve(problem, IsotonicOrder.Decreasing));
            var vjp = Vjp(problem.X, v, ends, g, 6, problem.W, problem.Objective);
            var tolerance = 4 * ProductTolerance(problem);
            AssertProduct(FamilyJacobian.Isotonic(problem, solution), g, vjp, tolerance, true, () => Describe(problem, IsotonicOrder.Decreasing));
        }
    }

    [ContractTheory]
    [InlineData(1e8)]
    [InlineData(1e15)]
    [InlineData(1e25)]
    public void A_large_entry_costs_the_others_no_digits(double large)
    {
        foreach (var n in new[] { 2, 9, 65, 300, 3000 })
        {
            foreach (var w in new[] { Inputs.Positive(n, n), [] })
            {
                var small = Inputs.Monotone(n == 65 ? "rising" : "random", n, n);
                var alone = Forward(small, n, w, IsotonicObjective.LeastSquares).V;
                double[] x = [(float)large, .. small], weights = w.Length == 0 ? w : [1, .. w];
                var v = Forward(x, n + 1, weights, IsotonicObjective.LeastSquares).V;
                Assert.Equal((float)large, v[0]);
                AssertNear(alone, v[1..], _ => (4 * Unit + 64 * UnitDouble) * Largest(small), () => $"n = {n}, large = {large}");
            }
        }
    }

    [ContractFact]
    public void Every_golden_case_is_within_its_tolerance()
    {
        var count = 0;
        foreach (var golden in GoldenCase.Read(GoldenCase.ShippedFile).Where(golden => golden.Op.StartsWith("iso_", StringComparison.Ordinal)))
        {
            count++;
            var term = golden.Op switch { "iso_mask" => OracleTerm.Linear, "iso_mag" => OracleTerm.Quadratic, _ => OracleTerm.LeastSquares };
            var (x, n, norm) = (golden.X, golden.X.Length, term == 0 ? PNorm.Quadratic(1) : golden.Norm);
            var problem = new IsotonicProblem(x, Array.ConvertAll(golden.W!, w => (double)(float)w), term, norm);
            var (v, ends) = Forward(x, n, problem.W, problem.Objective);
            var scale = Math.Max(Largest(x), Largest(golden.Y));
            var tolerance = IsDouble ? Tolerance.Forward<double>(norm, x) : Tolerance.Forward<float>(norm, x);
            AssertNear(golden.Y, v, _ => tolerance * scale, () => $"line {golden.Line}, {golden.Note}");
            if (golden.Vjp is not null && (golden.Margin ?? double.PositiveInfinity) > Tolerance.LeastMargin)
            {
                var vjp = Vjp(x, v, ends, golden.G, n, problem.W, problem.Objective);
                var near = (IsDouble ? Tolerance.Vjp<double>(norm, x) : Tolerance.Vjp<float>(norm, x)) * Largest(golden.Vjp);
                AssertNear(golden.Vjp, vjp, _ => near, () => $"VJP of line {golden.Line}, {golden.Note}");
            }
        }

        Assert.Equal(30, count);
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Hostile_floats_give_monotone_finite_rows_and_finite_gradients(double p)
    {
        var random = new Random(2);
        for (var trial = 0; trial < 300; trial++)
        {
            var (n, term) = (random.Next(1, trial % 20 == 0 ? 700 : 40), (OracleTerm)(trial % 3));
            var (x, g, norm) = (Hostile(random, n), Inputs.Normal(n, trial), new PNorm(p, Math.Pow(10, random.Next(-9, 7))));
            var problem = Problem("random", n, trial, term, norm) with { X = x };
            var order = Orders[trial / 3 % 2];
            var (v, ends) = Forward(x, n, problem.W, problem.Objective, order);
            AssertBlocks(v, ends, n, order);
            var reach = Largest(x) + (term == OracleTerm.Linear ? norm.Lambda * Math.Pow(1 + Largest(problem.W), p - 1) : 0);
            Assert.All(v, value => Assert.InRange(value, -1.01 * reach, 1.01 * reach));
            Assert.All(Vjp(x, v, ends, g, n, problem.W, problem.Objective), value => Assert.True(double.IsFinite(value), Describe(problem, order)));
            Assert.All(Jvp(x, v, ends, g, n, problem.W, problem.Objective), value => Assert.True(double.IsFinite(value), Describe(problem, order)));
        }
    }
}
