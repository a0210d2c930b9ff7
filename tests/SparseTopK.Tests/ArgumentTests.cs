using Xunit;

namespace SparseTopK.Tests;

/// <summary>Every error names its argument, and leaves the destination as it was.</summary>
public sealed class ArgumentTests
{
    private static readonly PNorm Norm = PNorm.Quadratic(1);
    private static readonly float[] X = [4, 3, 2, 1];
    private static readonly double[] One = [2];

    private delegate void Call(Span<float> destination, Span<double> thresholds);

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(5, 4)]
    [InlineData(int.MaxValue, 4)]
    [InlineData(int.MinValue, 4)]
    public void K_must_be_from_0_to_n(int k, int n)
    {
        Refuses("k", (d, _) => TopKMask.Forward<float>(X, n, k, Norm, d));
        Refuses("k", (d, t) => TopKMask.Forward<float>(X, n, k, Norm, d, t));
        Refuses("k", (d, t) => TopKMask.Forward<float>(X, n, [k], Norm, d, t));
        Refuses("k", (d, t) => TopKMask.Forward<float>(X, 2, [1, k], Norm, d, []));
        Refuses("k", (d, t) => TopKMagnitude.Forward<float>(X, n, k, Norm, d, t));
        Refuses("k", (d, t) => TopKMagnitude.Forward<float>(X, n, [k], Norm, d, t));
        Refuses("k", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, n, k, Norm, d));
        Refuses("k", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, n, [k], Norm, d));
        Refuses("k", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, n, k, Norm, d));
        Refuses("k", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, n, [k], Norm, d));
    }

    [Fact]
    public void One_k_per_row_is_needed()
    {
        Refuses("k", (d, _) => TopKMask.Forward<float>(X, 4, [1, 1], Norm, d));
        Refuses("k", (d, _) => TopKMask.Forward<float>(X, 2, [1], Norm, d));
        Refuses("k", (d, _) => TopKMask.Forward<float>(X, 2, ReadOnlySpan<int>.Empty, Norm, d));
        Refuses("k", (d, t) => TopKMagnitude.Forward<float>(X, 4, [1, 1], Norm, d, t));
        Refuses("k", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, 4, [1, 1], Norm, d));
        Refuses("k", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, 4, ReadOnlySpan<int>.Empty, Norm, d));
    }

    [Fact]
    public void N_must_divide_the_length()
    {
        Refuses("n", (d, _) => TopKMask.Forward<float>(X, -4, 0, Norm, d));
        Refuses("n", (d, _) => TopKMask.Vjp<float>(X, X, -1, Norm, d));
        Refuses("n", (d, _) => TopKMask.Jvp<float>(X, X, -1, Norm, d));
        Refuses("n", (d, t) => TopKMagnitude.Forward<float>(X, -4, 0, Norm, d, t));
        Refuses("x", (d, _) => TopKMask.Forward<float>(X, 3, 1, Norm, d));
        Refuses("x", (d, _) => TopKMask.Forward<float>(X, 0, 0, Norm, d));
        Refuses("x", (d, t) => TopKMask.Forward<float>(X, 3, [1], Norm, d, t));
        Refuses("y", (d, _) => TopKMask.Vjp<float>(X, X, 3, Norm, d));
        Refuses("y", (d, _) => TopKMask.Jvp<float>(X, X, 3, Norm, d));
        Refuses("x", (d, t) => TopKMagnitude.Forward<float>(X, 3, 1, Norm, d, t));
        Refuses("x", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, 3, 1, Norm, d));
        Refuses("x", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, 3, [1], Norm, d));
    }

    [Fact]
    public void Lengths_must_match()
    {
        Refuses("destination", (d, _) => TopKMask.Forward<float>(X, 4, 1, Norm, d[..3]));
        Refuses("destination", (d, t) => TopKMask.Forward<float>(X, 4, [1], Norm, d[..0], t));
        Refuses("destination", (d, _) => TopKMask.Vjp<float>(X, X, 4, Norm, d[..3]));
        Refuses("destination", (d, _) => TopKMask.Jvp<float>(X, X, 4, Norm, d[..3]));
        Refuses("gradOutput", (d, _) => TopKMask.Vjp<float>(X, X.AsSpan(0, 3), 4, Norm, d));
        Refuses("tangent", (d, _) => TopKMask.Jvp<float>(X, X.AsSpan(0, 3), 4, Norm, d));
        Refuses("destination", (d, t) => TopKMagnitude.Forward<float>(X, 4, 1, Norm, d[..3], t));
        Refuses("destination", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, 4, 1, Norm, d[..3]));
        Refuses("destination", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, 4, 1, Norm, d[..3]));
        Refuses("gradOutput", (d, _) => TopKMagnitude.Vjp<float>(X, One, X.AsSpan(1), 4, 1, Norm, d));
        Refuses("tangent", (d, _) => TopKMagnitude.Jvp<float>(X, One, X.AsSpan(1), 4, 1, Norm, d));
        Refuses("thresholds", (d, _) => TopKMask.Forward<float>(X, 4, 1, Norm, d, new double[2]));
        Refuses("thresholds", (d, _) => TopKMask.Forward<float>(X, 4, [1], Norm, d, new double[2]));
        Refuses("thresholds", (d, _) => TopKMagnitude.Forward<float>(X, 4, 1, Norm, d, []));
        Refuses("thresholds", (d, _) => TopKMagnitude.Vjp<float>(X, [1, 2], X, 4, 1, Norm, d));
        Refuses("thresholds", (d, _) => TopKMagnitude.Jvp<float>(X, [], X, 4, 1, Norm, d));
    }

    [Fact]
    public void The_norm_and_the_solver_must_be_given()
    {
        Refuses("norm", (d, _) => TopKMask.Forward<float>(X, 4, 1, default, d));
        Refuses("norm", (d, _) => TopKMask.Vjp<float>(X, X, 4, default, d));
        Refuses("norm", (d, _) => TopKMask.Jvp<float>(X, X, 4, default, d));
        Refuses("norm", (d, t) => TopKMagnitude.Forward<float>(X, 4, 1, default, d, t));
        Refuses("norm", (d, _) => TopKMagnitude.Vjp<float>(X, One, X, 4, 1, default, d));
        Refuses("norm", (d, _) => TopKMagnitude.Jvp<float>(X, One, X, 4, 1, default, d));
        Refuses("solver", (d, _) => TopKMask.Forward<float>(X, 4, 1, PNorm.Smooth(1), d, TopKSolver.Dykstra));
        Refuses("solver", (d, t) => TopKMagnitude.Forward<float>(X, 4, 1, PNorm.Smooth(1), d, t, TopKSolver.Dykstra));
        Refuses("solver", (d, t) => TopKMagnitude.Forward<float>(X, 4, 1, Norm, d, t, (TopKSolver)99));
    }

    [Fact]
    public void Other_element_types_are_refused()
    {
        Assert.Throws<NotSupportedException>(() => TopKMask.Forward<int>([1, 2], 2, 1, Norm, new int[2]));
        Assert.Throws<NotSupportedException>(() => TopKMask.Forward<short>([1, 2], 2, 1, Norm, new short[2]));
        Assert.Throws<NotSupportedException>(() => TopKMask.Forward<decimal>([1, 2], 2, 1, Norm, new decimal[2]));
        Assert.Throws<NotSupportedException>(() => TopKMask.Vjp<int>([1, 2], [1, 2], 2, Norm, new int[2]));
        Assert.Throws<NotSupportedException>(() => TopKMask.Jvp<short>([1, 2], [1, 2], 2, Norm, new short[2]));
        Assert.Throws<NotSupportedException>(() => TopKMagnitude.Forward<short>([1, 2], 2, 1, Norm, new short[2], new double[1]));
        Assert.Throws<NotSupportedException>(() => TopKMagnitude.Vjp<decimal>([1, 2], One, [1, 2], 2, 1, Norm, new decimal[2]));
        Assert.Throws<NotSupportedException>(() => TopKMagnitude.Jvp<char>(['a', 'b'], One, ['a', 'b'], 2, 1, Norm, new char[2]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void The_norm_checks_its_parameters(double value)
    {
        Assert.Equal("P", Assert.ThrowsAny<ArgumentException>(() => new PNorm(value, 1)).ParamName);
        Assert.Equal("P", Assert.ThrowsAny<ArgumentException>(() => Norm with { P = value }).ParamName);
        if (value != 1)
        {
            Assert.Equal("Lambda", Assert.ThrowsAny<ArgumentException>(() => new PNorm(2, value)).ParamName);
            Assert.Equal("Lambda", Assert.ThrowsAny<ArgumentException>(() => Norm with { Lambda = value }).ParamName);
            Assert.Equal("lambda", Assert.ThrowsAny<ArgumentException>(() => PNorm.Quadratic(value)).ParamName);
            Assert.Equal("lambda", Assert.ThrowsAny<ArgumentException>(() => PNorm.Smooth(value)).ParamName);
        }
    }

    private static void Refuses(string argument, Call call)
    {
        var (destination, thresholds) = (new float[] { 7, 7, 7, 7 }, new double[] { 7 });
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(() => call(destination, thresholds)).ParamName);
        Assert.Equal([7, 7, 7, 7], destination);
        Assert.Equal([7], thresholds);
    }
}
