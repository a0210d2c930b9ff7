using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Half is computed in float, and rounded once.</summary>
public sealed class SixteenBitTests
{
    [Theory]
    [InlineData(TopKSolver.Threshold)]
    [InlineData(TopKSolver.Pav)]
    public void Half_equals_float_rounded(TopKSolver solver)
    {
        foreach (var n in new[] { 1, 7, 64, 65, 500, 3000 })
        {
            foreach (var norm in new[] { PNorm.Quadratic(0.5), PNorm.Smooth(0.5) })
            {
                var x = Array.ConvertAll(Inputs.Normal(3 * n, n), v => (Half)v);
                var g = Array.ConvertAll(Inputs.Normal(3 * n, n + 1), v => (Half)v);
                x[n] = Half.NaN;
                int[] k = [n / 2, n / 2, Math.Min(n, 3)];
                var half = Operators.Run(x, g, n, k, norm, solver);
                var single = Operators.Run(Widen(x), Widen(g), n, k, norm, solver);
                Assert.Equal(Narrow(single.Mask), half.Mask);
                Assert.Equal(single.Tau, half.Tau);
                Assert.Equal(Narrow(single.Magnitude), half.Magnitude);
                Assert.Equal(single.Gamma, half.Gamma);
                Assert.Equal(Narrow(single.Vjp), half.Vjp);
                Assert.Equal(Narrow(single.Jvp), half.Jvp);

                // The VJP of the mask starts from the mask that was rounded.
                var vjp = new float[3 * n];
                TopKMask.Vjp<float>(Widen(half.Mask), Widen(g), n, norm, vjp);
                Assert.Equal(Narrow(vjp), half.MaskVjp);
            }
        }
    }

    private static float[] Widen(Half[] values) => Array.ConvertAll(values, v => (float)v);

    private static Half[] Narrow(float[] values) => Array.ConvertAll(values, v => (Half)v);
}
