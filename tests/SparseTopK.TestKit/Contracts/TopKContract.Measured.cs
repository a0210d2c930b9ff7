using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Published examples, verified cases, and the inputs on which other implementations are known to go wrong (design 2.6).</summary>
public abstract partial class TopKContract
{
    public static TheoryData<string> Shapes =>
    [
        "normal", "sorted", "decreasing", "periodic", "one value", "two values", "heavy tails", "one outlier", "mostly zero", "large at the end",
    ];

    [ContractFact]
    public void Every_golden_case_is_within_its_tolerance()
    {
        var count = 0;
        foreach (var golden in GoldenCase.Read(GoldenCase.ShippedFile).Where(golden => golden.IsTopK))
        {
            count++;
            var (x, n, k, norm) = (golden.X, golden.X.Length, golden.K!.Value, golden.Norm);
            var isMask = golden.Op == "mask";
            var (y, thresholds) = isMask ? (MaskForward(x, n, k, norm), []) : MagnitudeForward(x, n, k, norm);
            var tolerance = ForwardTolerance(norm, x);
            AssertNear(golden.Y, y, i => isMask ? tolerance : tolerance * Math.Abs(x[i]), () => $"line {golden.Line}, {golden.Note}");
            if (golden.Vjp is not null && (golden.Margin ?? double.PositiveInfinity) > Tolerance.LeastMargin)
            {
                var vjp = isMask ? MaskVjp(y, golden.G, n, norm) : MagnitudeVjp(x, thresholds, golden.G, n, k, norm);
                var largest = golden.Vjp.DefaultIfEmpty(0).Max(Math.Abs);
                AssertNear(golden.Vjp, vjp, _ => VjpTolerance(norm, x) * largest, () => $"VJP of line {golden.Line}, {golden.Note}");
            }
        }

        Assert.True(count > 200, $"The file holds {count} cases of the two operators.");
    }

    [ContractFact]
    public void The_example_of_the_paper_is_reproduced()
    {
        double[] x = [-5, -2, 3, 1];
        Assert.Equal([0, 0, 1, 1], MaskForward(x, 4, 2, new PNorm(4.0 / 3.0, 0.01)));
        Assert.Equal([-5, 0, 3, 0], MagnitudeForward(x, 4, 2, new PNorm(4.0 / 3.0, 0.01)).Z);
    }

    [ContractTheory]
    [InlineData(1e3)]
    [InlineData(1e4)]
    [InlineData(1e5)]
    [InlineData(1e7)]
    public void The_error_stays_small_where_entries_are_large_against_lambda(double ratio)
    {
        foreach (var (n, p) in new[] { (8, 4.0 / 3.0), (64, 2), (64, 1.5), (200, 4.0 / 3.0), (1000, 4.0 / 3.0) })
        {
            // Far from 0, and close together there, so that the mask has entries in between.
            var norm = new PNorm(p, 1);
            var x = Array.ConvertAll(Inputs.Normal(n, n), v => (double)(float)(ratio + v));
            AssertMask(x, n / 3, norm);
            AssertMagnitude(x, n / 3, norm);
        }
    }

    [ContractTheory]
    [InlineData(4.6e-4)]
    [InlineData(1e-6)]
    [InlineData(1e-12)]
    public void A_small_lambda_does_not_lose_the_row(double lambda) =>
        Assert.Equal([-5, 0, 3, 0], MagnitudeForward([-5, -2, 3, 1], 4, 2, new PNorm(4.0 / 3.0, lambda)).Z);

    [ContractFact]
    public void Ties_across_the_choice_have_the_right_gradient()
    {
        Assert.Equal([0, 0, 0, 0], MaskGradient([5, 1, 1, 0], 1, PNorm.Quadratic(1), [1, 2, 3, 4]));

        // Half of a row of zeros, as a rectifier leaves it: d = 1/lambda on all, which sums to 0.
        foreach (var n in new[] { 4, 64, 128, 4096 })
        {
            var g = Inputs.Normal(n, n);
            var gradient = MaskGradient(new double[n], n / 2, PNorm.Quadratic(1), g);
            AssertNear(Array.ConvertAll(g, v => v - g.Average()), gradient, _ => 1e-5, () => "zeros");
        }
    }

    [ContractFact]
    public void Gradients_of_tiny_inputs_are_those_of_the_same_row_at_scale_one()
    {
        // For p = 2 and the mask, y(sx) at strength s lambda is y(x) at lambda, and the gradient is 1/s times as large.
        foreach (var scale in new[] { Math.Pow(2, -30), Math.Pow(2, -60) })
        {
            foreach (var n in new[] { 6, 64, 100, 400 })
            {
                var (x, g) = (Inputs.Normal(n, n), Inputs.Normal(n, n + 1));
                var expected = MaskGradient(x, n / 3, PNorm.Quadratic(1), g);
                var actual = MaskGradient(Array.ConvertAll(x, v => v * scale), n / 3, PNorm.Quadratic(scale), g);
                AssertNear(expected, Array.ConvertAll(actual, v => v * scale), _ => 1e-5, () => $"n = {n}, scale = {scale}");
            }
        }
    }

    [ContractFact]
    public void A_general_exponent_finds_roots_below_entries_above_one()
    {
        var z = MagnitudeForward([5, 5, 4.95, 0.5], 4, 2, new PNorm(1.5, 0.5)).Z;
        AssertNear([3.7258, 3.7258, 3.3465, 0], z, _ => 1e-4, () => "p = 3/2");
    }

    [ContractTheory]
    [MemberData(nameof(Shapes))]
    public void Rows_of_every_shape_match_the_oracle(string shape)
    {
        foreach (var n in new[] { 256, 1000, 20_000 })
        {
            foreach (var (p, lambda) in new[] { (2.0, 0.3), (4.0 / 3.0, 1e-3), (1.5, 20.0) })
            {
                if (n > LongestGeneral && p == 1.5)
                {
                    continue;
                }

                foreach (var k in n > 1000 ? [n / 50] : new[] { 1, n / 50, n / 10, n / 2, n - 1 })
                {
                    var x = Inputs.Adversarial(shape, n, n);
                    AssertMask(x, k, new PNorm(p, lambda));
                    AssertMagnitude(x, k, new PNorm(p, lambda));
                }
            }
        }
    }
}
