using SparseTopK.Internals;
using SparseTopK.TestKit;
using SparseTopK.Thresholding;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Rows on which the sampled bracket may miss, cut into chunks, and what long rows cost.</summary>
public sealed class LongRowTests
{
    [Theory]
    [MemberData(nameof(TopKContract.Shapes), MemberType = typeof(TopKContract))]
    public void Rows_of_100_000_entries_match_the_oracle(string shape)
    {
        var x = Inputs.Adversarial(shape, 100_000, 3);
        foreach (var (k, norm) in new[] { (50, PNorm.Quadratic(0.1)), (9000, PNorm.Smooth(0.01)), (60_000, PNorm.Quadratic(2)) })
        {
            var (n, y, z, gamma) = (x.Length, new double[x.Length], new double[x.Length], new double[1]);
            TopKMask.Forward<double>(x, n, k, norm, y);
            TopKMagnitude.Forward<double>(x, n, k, norm, z, gamma);
            var (mask, magnitude) = (Oracle.Mask(x, k, norm).Output, Oracle.Magnitude(x, k, norm).Output);
            for (var i = 0; i < n; i++)
            {
                if (!(Math.Abs(mask[i] - y[i]) < 1e-9 && Math.Abs(magnitude[i] - z[i]) <= 1e-9 * Math.Abs(x[i])))
                {
                    Assert.Fail($"{shape}, k = {k}, {norm}, [{i}]: {mask[i]:R} and {y[i]:R}, {magnitude[i]:R} and {z[i]:R}");
                }
            }
        }
    }

    [Theory]
    [InlineData(300)]
    [InlineData(70_000)]
    [InlineData(200_000)]
    public void Fewer_entries_to_choose_from_than_k_are_all_kept(int n)
    {
        foreach (var k in new[] { n / 10, n / 2, n - 1, n })
        {
            foreach (var kept in new[] { 0, 1, k / 20, k / 2, k - 1 })
            {
                var x = Operators.Normal<float>(n, n);
                x.AsSpan(0, n - kept).Clear();
                new Random(n).Shuffle(x);
                AssertAllKept(x, k);
            }
        }
    }

    /// <summary>A bracket that leaves more undecided entries than a sparse row has spares most of the row all the same.</summary>
    [Theory]
    [InlineData("decreasing", 1_000_000, 0.1)]
    [InlineData("normal", 200_000, 10)]
    public void The_bracket_of_the_sample_is_used_however_many_entries_it_leaves_undecided(string shape, int n, double lambda)
    {
        foreach (var magnitude in new[] { false, true })
        {
            var equation = new Equation<FirstPower>(PNorm.Quadratic(lambda), magnitude, default);
            RowSolver.Solve<double, FirstPower>(Inputs.Adversarial(shape, n, 1), n / 100, equation, TopKSolver.Threshold, out var undecided, out _);
            Assert.InRange(undecided.Keys.Length, n / 100, n / 2);
            undecided.Dispose();
        }
    }

    private static void AssertAllKept(float[] x, int k)
    {
        var masked = Array.ConvertAll(x, v => v == 0 ? float.NegativeInfinity : v);
        var (y, z) = (new float[x.Length], new float[x.Length]);
        TopKMask.Forward<float>(masked, x.Length, k, PNorm.Quadratic(0.1), y);
        TopKMagnitude.Forward<float>(x, x.Length, k, PNorm.Quadratic(0.1), z, new double[1]);
        Assert.True(x.AsSpan().SequenceEqual(z));
        Assert.Equal(Array.ConvertAll(x, v => v == 0 ? 0f : 1f), y);
    }
}
