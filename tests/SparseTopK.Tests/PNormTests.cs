using Xunit;

namespace SparseTopK.Tests;

public sealed class PNormTests
{
    [Theory]
    [InlineData(1.05)]
    [InlineData(4.0 / 3.0)]
    [InlineData(1.5)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void The_conjugate_derivative_undoes_the_derivative(double p)
    {
        var norm = new PNorm(p, 0.7);
        Assert.Equal(1, (1 / p) + (1 / norm.DualExponent), 1e-14);
        foreach (var y in new[] { 1e-6, 0.3, 1, 17, 1e6 })
        {
            Assert.Equal(0.7 * Math.Pow(y, p - 1), norm.Derivative(y), 1e-13 * norm.Derivative(y));
            Assert.Equal(y, norm.ConjugateDerivative(norm.Derivative(y)), 1e-12 * y);
            var t = norm.Derivative(y);
            var h = 1e-6 * t;
            var difference = (norm.ConjugateDerivative(t + h) - norm.ConjugateDerivative(t - h)) / (2 * h);
            Assert.Equal(difference, norm.ConjugateSecondDerivative(t), 1e-7 * difference);
        }

        Assert.Equal(0, norm.ConjugateDerivative(-1));
        Assert.Equal(0, norm.ConjugateSecondDerivative(-1));
        Assert.Equal(0, norm.ConjugateSecondDerivative(0));
    }

    [Fact]
    public void Common_exponents_are_exact()
    {
        Assert.Equal((1, 2), (PNorm.Quadratic(1).ResponseExponent, PNorm.Quadratic(1).DualExponent));
        Assert.Equal((3, 4), (PNorm.Smooth(1).ResponseExponent, PNorm.Smooth(1).DualExponent));
        Assert.Equal(2, new PNorm(1.5, 1).ResponseExponent);
        Assert.Equal(new PNorm(4.0 / 3.0, 2), PNorm.Smooth(2));
        Assert.NotEqual(3, new PNorm(1.3333, 1).ResponseExponent);
    }

    [Theory]
    [InlineData(1.05)]
    [InlineData(4.0 / 3.0)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_knot_is_where_a_magnitude_is_just_kept_whole(double p)
    {
        foreach (var lambda in new[] { 1e-6, 0.1, 1, 100 })
        {
            var norm = new PNorm(p, lambda);
            foreach (var s in new[] { 1e-3, 1, 1e4 })
            {
                var u = norm.SaturationKnot(s);
                Assert.True(u + norm.Derivative(u) <= s || u == double.Epsilon);
                Assert.True(u == double.Epsilon || Math.Abs(u + norm.Derivative(u) - s) <= 1e-13 * s);
            }
        }
    }
}
