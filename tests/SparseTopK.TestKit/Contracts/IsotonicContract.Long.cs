using Xunit;

namespace SparseTopK.TestKit;

/// <summary>Rows on which a search for blocks that skips, merges or vectorises may go wrong.</summary>
public abstract partial class IsotonicContract
{
    public static TheoryData<string> LongShapes =>
    [
        "random", "tied", "rising", "falling", "plateaus", "sawtooth", "two levels", "walk", "alternating", "runs", "late fall",
    ];

    private static readonly int[] RunLengths = [7, 8, 9, 15, 16, 17, 255, 256, 257];

    [ContractTheory]
    [MemberData(nameof(LongShapes))]
    public void Long_rows_match_pooling_with_a_stack(string shape)
    {
        foreach (var n in new[] { 255, 256, 257, 4097, 100_000 })
        {
            var x = Long(shape, n);
            var rounding = 2000 * UnitDouble * Largest(x);
            foreach (var w in new[] { Inputs.Positive(n, n), [] })
            {
                double[] weights = w.Length == 0 ? [.. Enumerable.Repeat(1.0, n)] : w;
                foreach (var order in Orders)
                {
                    var (v, ends) = Forward(x, n, w, IsotonicObjective.LeastSquares, order);
                    var expected = Pooled(x, weights, order);
                    AssertNear(expected, v, i => (2 * Unit * Math.Abs(expected[i])) + rounding, () => $"{shape}, {order}");
                    AssertBlocks(v, ends, n, order);
                }
            }
        }
    }

    [ContractTheory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    public void Runs_of_every_length_match_pooling_with_a_stack(int length)
    {
        foreach (var pattern in new[] { 0, 1, 2, 3 })
        {
            // Runs that rise, that fall, of one value, or that rise within and fall from one to the next.
            const int N = 3000;
            var noise = Inputs.Normal(N, length);
            var x = Enumerable.Range(0, N).Select(i => (double)(float)(pattern switch
            {
                0 => i % length,
                1 => -(i % length),
                2 => noise[i / length],
                _ => (i % length * 0.1) - (i / length) + (0.01 * noise[i]),
            })).ToArray();
            var rounding = 2000 * UnitDouble * Largest(x);
            foreach (var order in Orders)
            {
                var (v, ends) = Forward(x, N, Inputs.Positive(N, 1), IsotonicObjective.LeastSquares, order);
                var expected = Pooled(x, Inputs.Positive(N, 1), order);
                AssertNear(expected, v, i => (2 * Unit * Math.Abs(expected[i])) + rounding, () => $"pattern {pattern}, {order}");
                AssertBlocks(v, ends, N, order);
            }
        }
    }

    [ContractTheory]
    [InlineData(1.5)]
    [InlineData(3)]
    [InlineData(2)]
    [InlineData(4.0 / 3.0)]
    public void Pools_of_20000_entries_satisfy_the_optimality_conditions(double p)
    {
        const int N = 20_000;
        foreach (var term in new[] { OracleTerm.Linear, OracleTerm.Quadratic })
        {
            foreach (var shape in new[] { "rising", "random", "walk", "sawtooth" })
            {
                var x = Long(shape, N);
                var problem = new IsotonicProblem(x, Inputs.Positive(N, 3), term, new PNorm(p, 1));
                var (v, ends) = Forward(x, N, problem.W, problem.Objective);
                AssertBlocks(v, ends, N, IsotonicOrder.Decreasing);
                Assert.InRange(Certificate.Isotonic(problem, v, IsotonicOrder.Decreasing), 0, (p > 2 ? 1e-4 : 1e-9) + (100 * Unit));
                if (shape == "rising" && term == OracleTerm.Quadratic)
                {
                    Assert.InRange(ends[0], 10_000, N);
                }
            }
        }
    }

    /// <summary>A row of a shape, by name.</summary>
    private static double[] Long(string shape, int n)
    {
        var noise = Inputs.Normal(n, n);
        var sum = 0.0;
        return shape switch
        {
            "sawtooth" => [.. Enumerable.Range(0, n).Select(i => (double)(i % 1000))],
            "two levels" => [.. noise.Select(v => v > 0 ? 1.25 : -0.5)],
            "walk" => [.. noise.Select(v => (double)(float)(sum += v))],
            "alternating" => [.. Enumerable.Range(0, n).Select(i => (double)(i % 2))],
            "runs" => [.. Enumerable.Range(0, n).Select(i => noise[i / RunLengths[i / 1000 % 9]])],
            "late fall" => [.. Enumerable.Range(0, n).Select(i => i < n - 10 ? i / 64.0 : -1e6)],
            _ => Inputs.Monotone(shape, n, n),
        };
    }

    /// <summary>Least squares by pooling, one block a stack entry, sums in decimal arithmetic.</summary>
    private static double[] Pooled(double[] x, double[] w, IsotonicOrder order)
    {
        var sign = order == IsotonicOrder.Decreasing ? 1.0 : -1.0;
        var blocks = new Stack<(int Start, decimal Sum, decimal Weight)>();
        for (var i = 0; i < x.Length; i++)
        {
            var (start, sum, weight) = (i, (decimal)(sign * w[i] * x[i]), (decimal)w[i]);
            while (blocks.TryPeek(out var left) && left.Sum * weight < sum * left.Weight)
            {
                blocks.Pop();
                (start, sum, weight) = (left.Start, left.Sum + sum, left.Weight + weight);
            }

            blocks.Push((start, sum, weight));
        }

        var v = new double[x.Length];
        var end = x.Length;
        foreach (var (start, sum, weight) in blocks)
        {
            Array.Fill(v, sign * (double)(sum / weight), start, end - start);
            end = start;
        }

        return v;
    }
}
