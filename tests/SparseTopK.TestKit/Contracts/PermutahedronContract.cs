using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The soft choice from a permutahedron, on any back end: a test class per back end derives from it.</summary>
public abstract partial class PermutahedronContract : FamilyContract
{
    protected abstract (double[] Y, int[] Order, int[] Ends) Forward(double[] x, int n, double[] w, PNorm norm);

    protected abstract double[] Vjp(double[] y, int[] order, int[] ends, double[] g, int n, PNorm norm);

    protected abstract double[] Jvp(double[] y, int[] order, int[] ends, double[] dx, int n, PNorm norm);

    /// <summary>The mask of the same back end or of another that is known to be right.</summary>
    protected abstract (double[] Y, double[] Vjp) Mask(double[] x, int k, PNorm norm, double[] g);

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_match_the_oracle_and_are_optimal_by_definition(double p)
    {
        foreach (var n in Enumerable.Range(1, 10).Append(16).Append(33))
        {
            foreach (var lambda in Strengths)
            {
                var x = Inputs.Monotone(Shapes[n % 5], n, n);
                foreach (var w in new[] { Falling(n, n), Array.ConvertAll(Falling(n, n), v => (double)(float)(v + 3)) }.Take(n % 2 + 1))
                {
                    var norm = new PNorm(p, lambda);
                    var (y, order, ends) = Forward(x, n, w, norm);
                    AssertIsOrder(x, order, (a, b) => a >= b);
                    Assert.Equal(n, ends[^1]);
                    var scale = Math.Max(1, Largest(w));
                    var expected = SoftOracle.Permutahedron(x, w, norm);
                    var near = 8 * ForwardTolerance(norm, x) * scale;
                    AssertNear(expected.Y, y, i => near + Sway(expected.Y[i], x, norm, n), () => Describe(x, w, norm));
                    Assert.InRange(Certificate.OutsideHull(y, w), 0, n * (near + Sway(0, x, norm, n)));
                    var gradient = x.Zip(y, (v, entry) => v - (lambda * IsotonicProblem.SignedPower(entry, p - 1))).ToArray();
                    var size = Largest(x) + (lambda * Math.Pow(scale, p - 1));
                    var slack = n * scale * size * (IsDouble ? 1e-7 : 1e-3);
                    Assert.InRange(Certificate.Gap(gradient, y, w), -slack, slack);
                }
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Weights_of_ones_and_zeros_give_the_mask(double p)
    {
        foreach (var n in new[] { 1, 2, 5, 17, 64, 300 })
        {
            foreach (var (lambda, k) in new[] { (1e-3, n / 2), (0.3, 1), (1, n / 3), (30, n / 2), (1, 0), (1, n) })
            {
                var (x, g, norm) = (Inputs.Monotone(Shapes[n % 2], n, n), Inputs.Normal(n, 1), new PNorm(p, lambda));
                var w = Enumerable.Range(0, n).Select(i => i < k ? 1.0 : 0).ToArray();
                var (y, order, ends) = Forward(x, n, w, norm);
                var (mask, vjp) = Mask(x, k, norm, g);
                AssertNear(mask, y, i => 8 * ForwardTolerance(norm, x) + Sway(mask[i], x, norm, n), () => $"k = {k}, {Describe(x, w, norm)}");
                if (p <= 2 && mask.All(v => v is 0 or 1 || (v > 1e-3 && v < 0.999)))
                {
                    var near = VjpTolerance(norm, x) * 4 * norm.ResponseExponent / lambda;
                    AssertNear(vjp, Vjp(y, order, ends, g, n, norm), _ => near, () => $"VJP, k = {k}, {Describe(x, w, norm)}");
                }
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void A_small_lambda_gives_a_permutation_of_w_exactly_and_a_large_one_the_mean(double p)
    {
        foreach (var n in new[] { 1, 2, 7, 50, 257 })
        {
            var x = Inputs.Normal(n, n);
            var w = Falling(n, n);
            var hard = Forward(x, n, w, new PNorm(p, 1e-9)).Y;
            Assert.Equal(Array.ConvertAll(x, v => w[x.Count(other => other > v)]), hard);
            if (w.Average() != 0)
            {
                // Off the mean by at most about (range of x)/lambda to the power a.
                var soft = Forward(x, n, w, new PNorm(p, 1e12)).Y;
                AssertNear([.. x.Select(_ => w.Average())], soft, _ => 1e-3 * Largest(w) / Math.Min(1, Math.Abs(w.Average())), () => $"p = {p}");
            }
        }
    }

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Y_follows_the_order_of_x_and_sums_to_the_sum_of_w(double p)
    {
        foreach (var (n, lambda) in new[] { (5, 1.0), (64, 0.1), (300, 3), (5000, 1) })
        {
            var (x, w, norm) = (Inputs.Tied(n, n), Falling(n, n), new PNorm(p, lambda));
            var y = Forward(x, n, w, norm).Y;
            var sorted = Enumerable.Range(0, n).OrderByDescending(i => x[i]).ToArray();
            for (var j = 1; j < n; j++)
            {
                var (before, here) = (sorted[j - 1], sorted[j]);
                Assert.True(x[before] == x[here] ? y[before] == y[here] : y[before] >= y[here], $"Places {before} and {here} of {Describe(x, w, norm)}");
            }

            Assert.Equal(w.Sum(), y.Sum(), 8 * n * Largest(w) * ForwardTolerance(norm, x));
        }
    }

    /// <summary>n decreasing float32 numbers, some equal, some negative.</summary>
    protected static double[] Falling(int n, int seed) =>
        [.. Inputs.Normal(n, seed + 100).Select((v, i) => i % 4 == 0 ? Math.Round(v) : v).OrderDescending()];

    protected double ForwardTolerance(PNorm norm, double[] x) =>
        IsDouble ? Tolerance.Forward<double>(norm, x) : Tolerance.Forward<float>(norm, x);

    protected double VjpTolerance(PNorm norm, double[] x) => IsDouble ? Tolerance.Vjp<double>(norm, x) : Tolerance.Vjp<float>(norm, x);

    protected static string Describe(double[] x, double[] w, PNorm norm) =>
        FormattableString.Invariant($"p = {norm.P:R}, lambda = {norm.Lambda:R}, n = {x.Length}, x = {Show(x)}, w = {Show(w)}");

    protected static void AssertIsOrder(double[] x, int[] order, Func<double, double, bool> inOrder)
    {
        Assert.Equal(Enumerable.Range(0, x.Length), order.Order());
        Assert.All(order.Zip(order.Skip(1)), pair => Assert.True(inOrder(x[pair.First], x[pair.Second])));
    }

    /// <summary>How far y moves with the last digits of the root, which p &gt; 2 makes much of near 0.</summary>
    private static double Sway(double y, double[] x, PNorm norm, int n)
    {
        var a = norm.ResponseExponent;
        var (level, shift) = (IsotonicProblem.SignedPower(y, 1 / a), 4 * UnitDouble * Math.Sqrt(n) * (1 + (Largest(x) / norm.Lambda)));
        return IsotonicProblem.SignedPower(level + shift, a) - IsotonicProblem.SignedPower(level - shift, a);
    }
}
