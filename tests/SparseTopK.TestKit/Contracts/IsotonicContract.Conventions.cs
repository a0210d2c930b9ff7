using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Scales, ties, rows that are not admitted, and rows of a batch.</summary>
public abstract partial class IsotonicContract
{
    private static readonly OracleTerm[] Terms = Enum.GetValues<OracleTerm>();

    private static readonly int[] SmallLengths = [1, 2, 9, 64, 300];

    [ContractTheory]
    [InlineData(1e-30)]
    [InlineData(1e-9)]
    [InlineData(1e9)]
    [InlineData(1e30)]
    public void Every_scale_gives_the_row_of_scale_one_times_it(double scale)
    {
        // A power of two, so that the rows are the same numbers.
        scale = Math.Pow(2, Math.Round(Math.Log2(scale)));
        foreach (var (p, shape) in new[] { 1.1, 4.0 / 3.0, 1.5, 2, 3 }.SelectMany(p => Shapes.Select(shape => (p, shape))))
        {
            foreach (var term in Terms)
            {
                const int N = 24;
                var problem = Problem(shape, N, 5, term, term == 0 ? default : new PNorm(p, 0.5));

                // |sx - sv|^q/(s lambda)^(q-1) is s times as large, and so is w v; w v^2/2 is s^2 times as large: w is divided.
                var scaled = problem with
                {
                    X = Array.ConvertAll(problem.X, x => x * scale),
                    W = Array.ConvertAll(problem.W, w => term == OracleTerm.Quadratic ? w / scale : w),
                    Norm = term == 0 ? default : new PNorm(p, 0.5 * scale),
                };
                var (expected, ends) = Forward(problem.X, N, problem.W, problem.Objective);
                var (actual, scaledEnds) = Forward(scaled.X, N, scaled.W, scaled.Objective);
                Assert.Equal(ends, scaledEnds);
                AssertNear(expected, Array.ConvertAll(actual, v => v / scale), i => 4 * Unit * Largest(expected), () => $"{shape}, {problem.Objective}");

                var g = Inputs.Normal(N, 6);
                var gradient = Vjp(problem.X, expected, ends, g, N, problem.W, problem.Objective);
                var scaledGradient = Vjp(scaled.X, actual, ends, g, N, scaled.W, scaled.Objective);
                AssertNear(gradient, scaledGradient, _ => 16 * ProductTolerance(problem) * Largest(g), () => $"VJP, {shape}, {problem.Objective}");
            }
        }
    }

    [ContractTheory]
    [InlineData(1e-30)]
    [InlineData(1)]
    [InlineData(1e30)]
    public void Equal_neighbours_keep_one_value_and_a_constant_row_is_returned_as_it_is(double scale)
    {
        foreach (var n in new[] { 1, 2, 3, 7, 100, 1001 })
        {
            foreach (var (w, order) in new[] { Inputs.Positive(n, n), [] }.SelectMany(w => Orders.Select(order => (w, order))))
            {
                var constant = Enumerable.Repeat((double)(float)(0.1 * scale), n).ToArray();
                Assert.Equal(constant, Forward(constant, n, w, IsotonicObjective.LeastSquares, order).V);
                foreach (var shape in new[] { "tied", "plateaus" })
                {
                    var x = Array.ConvertAll(Inputs.Monotone(shape, n, n), v => (double)(float)(v * 0.1 * scale));
                    var v = Forward(x, n, w, IsotonicObjective.LeastSquares, order).V;
                    Assert.All(Enumerable.Range(1, n - 1).Where(i => x[i] == x[i - 1]), i => Assert.Equal(v[i - 1], v[i]));
                }
            }
        }
    }

    [ContractFact]
    public void A_row_in_order_is_returned_as_it_is()
    {
        foreach (var n in new[] { 1, 2, 50, 1000 })
        {
            var (falling, rising) = (Inputs.Monotone("falling", n, n), Inputs.Monotone("rising", n, n));
            Assert.Equal(falling, Forward(falling, n, Inputs.Positive(n, n), IsotonicObjective.LeastSquares).V);
            Assert.Equal(rising, Forward(rising, n, Inputs.Positive(n, n), IsotonicObjective.LeastSquares, IsotonicOrder.Increasing).V);
        }
    }

    [ContractTheory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_row_that_is_not_admitted_is_NaN_and_leaves_the_others_alone(double poison)
    {
        foreach (var (n, term) in SmallLengths.SelectMany(n => Terms.Select(term => (n, term))))
        {
            var problem = Problem("random", n, n, term, term == 0 ? default : new PNorm(1.5, 0.5));
            double[] x = [.. problem.X, .. problem.X, .. problem.X], g = Inputs.Normal(3 * n, 1);
            var (clean, cleanEnds) = Forward(x, n, problem.W, problem.Objective);
            var cleanVjp = Vjp(x, clean, cleanEnds, g, n, problem.W, problem.Objective);
            var cleanJvp = Jvp(x, clean, cleanEnds, g, n, problem.W, problem.Objective);
            x[n + (n / 2)] = poison;
            var (v, ends) = Forward(x, n, problem.W, problem.Objective);
            Assert.Equal(0, ends[n]);
            AssertMiddle(clean, v, n);
            AssertMiddle(cleanVjp, Vjp(x, v, ends, g, n, problem.W, problem.Objective), n);
            AssertMiddle(cleanJvp, Jvp(x, v, ends, g, n, problem.W, problem.Objective), n);
        }
    }

    [ContractFact]
    public void Rows_are_independent_and_weights_may_be_shared_or_one_per_entry()
    {
        foreach (var (n, term) in SmallLengths.SelectMany(n => Terms.Select(term => (n, term))))
        {
            const int Rows = 7;
            var objective = Problem("random", n, 1, term, term == 0 ? default : new PNorm(4.0 / 3.0, 0.5)).Objective;
            var rows = Enumerable.Range(0, Rows).Select(row => Problem(Shapes[row % 5], n, row, term, default)).ToArray();
            double[] x = [.. rows.SelectMany(row => row.X)], w = [.. rows.SelectMany(row => row.W)], g = Inputs.Normal(Rows * n, n);
            var (v, ends) = Forward(x, n, w, objective, IsotonicOrder.Increasing);
            var (shared, _) = Forward(x, n, rows[0].W, objective);
            var vjp = Vjp(x, v, ends, g, n, w, objective);
            for (var row = 0; row < Rows; row++)
            {
                var range = (row * n)..((row + 1) * n);
                var (alone, aloneEnds) = Forward(x[range], n, rows[row].W, objective, IsotonicOrder.Increasing);
                Assert.Equal(alone, v[range]);
                Assert.Equal(aloneEnds, ends[range]);
                Assert.Equal(Vjp(x[range], alone, aloneEnds, g[range], n, rows[row].W, objective), vjp[range]);
                Assert.Equal(Forward(x[range], n, rows[0].W, objective).V, shared[range]);
            }
        }
    }

    [ContractFact]
    public void No_rows_and_rows_of_no_entries_give_nothing()
    {
        foreach (var objective in new[] { IsotonicObjective.LeastSquares, IsotonicObjective.LinearTerm(PNorm.Quadratic(1)) })
        {
            Assert.Empty(Forward([], 0, [], objective).V);
            Assert.Empty(Forward([], 3, [1, 1, 1], objective).V);
            Assert.Empty(Vjp([], [], [], [], 0, [], objective));
            Assert.Empty(Jvp([], [], [], [], 3, [1, 1, 1], objective));
        }
    }

    private static void AssertMiddle(double[] clean, double[] actual, int n)
    {
        Assert.Equal(clean[..n], actual[..n]);
        Assert.All(actual[n..(2 * n)], v => Assert.Equal(double.NaN, v));
        Assert.Equal(clean[(2 * n)..], actual[(2 * n)..]);
    }
}
