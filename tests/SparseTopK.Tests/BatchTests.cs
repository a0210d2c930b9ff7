using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>A batch is its rows, each alone: to the last bit.</summary>
public sealed class BatchTests
{
    public static TheoryData<double> Exponents => [1.2, 4.0 / 3.0, 1.5, 2, 3];

    [Theory]
    [MemberData(nameof(Exponents))]
    public void A_batch_equals_its_rows_alone_with_k_per_row(double p)
    {
        foreach (var solver in new[] { TopKSolver.Threshold, TopKSolver.Pav })
        {
            foreach (var n in Enumerable.Range(1, 66).Concat([100, 255, 300, 2100]))
            {
                var rows = n > 300 ? 3 : 19;
                var x = Batch(rows, n);
                var g = Operators.Normal<float>(x.Length, n + 1);
                var k = Enumerable.Range(0, rows).Select(row => row * 7 % (n + 1)).ToArray();
                if (solver == TopKSolver.Pav && p is not (2 or 4.0 / 3.0) && n > 100)
                {
                    continue;
                }

                Compare(x, g, n, k, new PNorm(p, 0.4), solver);
            }
        }
    }

    [Fact]
    public void One_k_for_all_is_that_k_for_each()
    {
        foreach (var n in new[] { 5, 64, 100, 2500 })
        {
            var (x, g, norm) = (Operators.Normal<double>(6 * n, n), Operators.Normal<double>(6 * n, 1), PNorm.Smooth(0.7));
            var each = Operators.Run(x, g, n, [2, 2, 2, 2, 2, 2], norm);
            var (y, tau, gamma) = (new double[x.Length], new double[6], new double[6]);
            TopKMask.Forward<double>(x, n, 2, norm, y);
            Assert.Equal(each.Mask, y);
            TopKMask.Forward<double>(x, n, 2, norm, y, tau);
            Assert.Equal(each.Mask, y);
            Assert.Equal(each.Tau, tau);
            TopKMagnitude.Forward<double>(x, n, 2, norm, y, gamma);
            Assert.Equal(each.Magnitude, y);
            Assert.Equal(each.Gamma, gamma);
            TopKMagnitude.Vjp<double>(x, gamma, g, n, 2, norm, y);
            Assert.Equal(each.Vjp, y);
            TopKMagnitude.Jvp<double>(x, gamma, g, n, 2, norm, y);
            Assert.Equal(each.Jvp, y);
        }
    }

    [Fact]
    public void The_solvers_agree()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var n = 1 + (seed * 3 % 290);
            var norm = new PNorm(new[] { 1.2, 4.0 / 3.0, 1.5, 2 }[seed % 4], Math.Pow(10, (seed % 7) - 3));
            var (x, g, k) = (Inputs.Normal(n, seed), Inputs.Normal(n, seed + 1), new[] { (n + 2) / 3 });
            var one = Operators.Run(x, g, n, k, norm);
            var other = Operators.Run(x, g, n, k, norm, TopKSolver.Pav);
            var tolerance = 100 * Tolerance.Forward<double>(norm, x);
            Assert.All(one.Mask.Zip(other.Mask), pair => Assert.Equal(pair.First, pair.Second, tolerance));
            Assert.All(one.Magnitude.Zip(other.Magnitude), pair => Assert.Equal(pair.First, pair.Second, 5 * tolerance));
            Assert.Equal(one.Tau[0], other.Tau[0], tolerance * (1 + norm.Lambda));
            Assert.Equal(one.Gamma[0], other.Gamma[0], tolerance);
        }
    }

    /// <summary>Rows of every kind side by side, those that are not admitted among them.</summary>
    private static float[] Batch(int rows, int n)
    {
        var x = Operators.Normal<float>(rows * n, n);
        for (var row = 0; row < rows; row++)
        {
            var entries = x.AsSpan(row * n, n);
            switch (row % 8)
            {
                case 1:
                    entries[n / 2] = float.NaN;
                    break;
                case 3:
                    entries.Fill(0.25f);
                    break;
                case 4:
                    entries[0] = float.NegativeInfinity;
                    break;
                case 5:
                    entries[..(n / 2)].Clear();
                    break;
                case 6:
                    entries[n - 1] = 1e30f;
                    break;
            }
        }

        return x;
    }

    private static void Compare(float[] x, float[] g, int n, int[] k, PNorm norm, TopKSolver solver)
    {
        var batch = Operators.Run(x, g, n, k, norm, solver);
        for (var row = 0; row < k.Length; row++)
        {
            var range = (row * n)..((row + 1) * n);
            var alone = Operators.Run(x[range], g[range], n, [k[row]], norm, solver);
            foreach (var (whole, part) in batch.All.Zip(alone.All))
            {
                var size = Buffer.ByteLength(part.Values);
                var same = Operators.Bits(whole.Values).AsSpan(row * size, size).SequenceEqual(Operators.Bits(part.Values));
                Assert.True(same, $"{whole.Name}, row {row} of {k.Length} x {n}, k = {k[row]}, {norm}, {solver}");
            }
        }
    }
}
