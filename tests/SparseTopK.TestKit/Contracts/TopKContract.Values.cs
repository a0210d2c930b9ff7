using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The forward pass against slower ways to the same numbers.</summary>
public abstract partial class TopKContract
{
    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_up_to_six_entries_solve_the_optimization_problem(double p)
    {
        for (var seed = 0; seed < 24; seed++)
        {
            var n = 1 + (seed % (seed < 12 ? 6 : 5));
            var (k, norm) = (1 + (seed * 5 % n), new PNorm(p, new[] { 0.3, 1, 4 }[seed % 3]));
            var x = Inputs.Normal(n, seed);
            var tolerance = 1e-7 + ForwardTolerance(norm, x);
            AssertNear(BruteForce.Mask(x, k, norm), MaskForward(x, n, k, norm), _ => tolerance, () => Describe("mask", x, k, norm));
            if (p < 1.2)
            {
                // The objective is then so flat that float64 cannot tell its best partition from the next.
                continue;
            }

            var z = MagnitudeForward(x, n, k, norm).Z;
            AssertNear(BruteForce.Magnitude(x, k, norm), z, i => tolerance * (1 + Math.Abs(x[i])), () => Describe("magnitude", x, k, norm));
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_0_to_257_entries_match_the_oracle(double p)
    {
        for (var n = 0; n <= 257; n++)
        {
            var x = Inputs.Normal(n, 1000 + n);
            foreach (var k in new[] { 0, Math.Min(1, n), n / 3, n })
            {
                var norm = new PNorm(p, n % 2 == 0 ? 0.2 : 1.5);
                AssertMask(x, k, norm);
                AssertMagnitude(x, k, norm);
            }
        }
    }

    [ContractTheory]
    [InlineData(1e-10)]
    [InlineData(1e-3)]
    [InlineData(1e3)]
    [InlineData(1e9)]
    public void Every_scale_of_input_and_strength_matches_the_oracle(double scale)
    {
        foreach (var p in new[] { 1.1, 4.0 / 3.0, 1.5, 2, 3 })
        {
            foreach (var n in new[] { 5, 40, 100, 300 })
            {
                var x = Inputs.Normal(n, 7 + n, scale);
                foreach (var ratio in new[] { 1e-4, 0.1, 1, 30, 1e4 })
                {
                    AssertMask(x, n / 4, new PNorm(p, scale * ratio));
                    AssertMagnitude(x, n / 4, new PNorm(p, Math.Pow(scale, 2 - p) * ratio));
                }
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void The_mask_satisfies_its_optimality_conditions(double p)
    {
        foreach (var n in new[] { 7, 64, 65, 400 })
        {
            var (x, k, norm) = (Inputs.Normal(n, n), Math.Max(1, n / 5), new PNorm(p, 0.6));
            var y = MaskForward(x, n, k, norm);
            Assert.All(y, v => Assert.InRange(v, 0, 1));
            Assert.Equal(k, y.Sum(), 4 * n * ForwardTolerance(norm, x));

            // x_i - R'(y_i) is one number on the free set, not below the dropped and not above the saturated.
            var slack = 1e-4;
            var levels = x.Zip(y, (v, share) => v - norm.Derivative(share)).ToArray();
            var free = levels.Where((_, i) => y[i] is > 1e-3 and < 1).ToArray();
            Assert.NotEmpty(free);
            Assert.InRange(free.Max() - free.Min(), 0, slack);
            Assert.All(x.Where((_, i) => y[i] == 0), v => Assert.True(v <= free.Max() + slack));
            Assert.All(levels.Where((_, i) => y[i] == 1), v => Assert.True(v >= free.Min() - slack));
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void The_operators_commute_with_permutations_and_the_magnitude_is_odd(double p)
    {
        foreach (var n in new[] { 9, 64, 70, 600 })
        {
            var (x, g, k, norm) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1), 1 + (n / 6), new PNorm(p, 0.7));
            var order = Enumerable.Range(0, n).ToArray();
            new Random(n).Shuffle(order);
            double[] Permuted(double[] v) => [.. order.Select(i => v[i])];
            double[] Negated(double[] v) => Array.ConvertAll(v, entry => -entry);

            double Close(int i) => ForwardTolerance(norm, x);
            AssertNear(Permuted(MaskForward(x, n, k, norm)), MaskForward(Permuted(x), n, k, norm), Close, () => "mask");
            var z = MagnitudeForward(x, n, k, norm).Z;
            AssertNear(Permuted(z), MagnitudeForward(Permuted(x), n, k, norm).Z, i => Close(i) * 4, () => "magnitude");
            Assert.Equal(Negated(z), MagnitudeForward(Negated(x), n, k, norm).Z);

            var vjp = MagnitudeGradient(x, k, norm, g);
            Assert.Equal(vjp, MagnitudeGradient(Negated(x), k, norm, g));
            var jacobian = OracleJacobian.Magnitude(x, Oracle.Magnitude(x, k, norm), k, norm);
            AssertNear(
                Permuted(vjp), MagnitudeGradient(Permuted(x), k, norm, Permuted(g)),
                _ => VjpTolerance(norm, x) * jacobian.Scale * 4, () => "magnitude, VJP");
        }
    }

    [ContractFact]
    public void The_operators_tend_to_the_hard_ones_as_lambda_falls_and_to_dense_ones_as_it_grows()
    {
        foreach (var (n, p) in new[] { (6, 2.0), (50, 4.0 / 3.0), (300, 2), (300, 1.5), (1000, 4.0 / 3.0) })
        {
            var (x, k) = (Inputs.Normal(n, n), n / 3);
            var cut = x.OrderDescending().ElementAt(k - 1);
            var magnitudeCut = x.Select(Math.Abs).OrderDescending().ElementAt(k - 1);
            Assert.Equal(Array.ConvertAll(x, v => v >= cut ? 1.0 : 0), MaskForward(x, n, k, new PNorm(p, 1e-8)));
            Assert.Equal(Array.ConvertAll(x, v => Math.Abs(v) >= magnitudeCut ? v : 0), MagnitudeForward(x, n, k, new PNorm(p, 1e-9)).Z);
            Assert.All(MaskForward(x, n, k, new PNorm(p, 1e7)), v => Assert.Equal((double)k / n, v, 1e-4));
            Assert.All(MagnitudeForward(x, n, k, new PNorm(p, 1e7)).Z, v => Assert.NotEqual(0, v));
        }
    }
}
