using Xunit;

namespace SparseTopK.Tests;

/// <summary>The destination may be an input; it may not be an input shifted.</summary>
public sealed class MemoryTests
{
    public static TheoryData<int, int> Batches => new() { { 5, 3 }, { 20, 33 }, { 3, 64 }, { 3, 200 }, { 2, 3000 }, { 1, 150_000 } };

    [Theory]
    [MemberData(nameof(Batches))]
    public void The_destination_may_be_an_input(int rows, int n)
    {
        foreach (var norm in new[] { PNorm.Quadratic(0.3), PNorm.Smooth(0.3), new PNorm(1.5, 0.3) })
        {
            var (x, g) = (Operators.Normal<float>(rows * n, n), Operators.Normal<float>(rows * n, n + 1));
            var k = Enumerable.Repeat(Math.Max(1, n / 20), rows).ToArray();
            var expected = Operators.Run(x, g, n, k, norm);
            Same(expected.Mask, x, v => TopKMask.Forward<float>(v, n, k, norm, v));
            Same(expected.MaskVjp, expected.Mask, v => TopKMask.Vjp<float>(v, g, n, norm, v));
            Same(expected.MaskVjp, g, v => TopKMask.Vjp<float>(expected.Mask, v, n, norm, v));
            Same(expected.MaskJvp, expected.Mask, v => TopKMask.Jvp<float>(v, g, n, norm, v));
            Same(expected.MaskJvp, g, v => TopKMask.Jvp<float>(expected.Mask, v, n, norm, v));
            Same(expected.Magnitude, x, v => TopKMagnitude.Forward<float>(v, n, k, norm, v, new double[rows]));
            Same(expected.Vjp, x, v => TopKMagnitude.Vjp<float>(v, expected.Gamma, g, n, k, norm, v));
            Same(expected.Vjp, g, v => TopKMagnitude.Vjp<float>(x, expected.Gamma, v, n, k, norm, v));
            Same(expected.Jvp, x, v => TopKMagnitude.Jvp<float>(v, expected.Gamma, g, n, k, norm, v));
            Same(expected.Jvp, g, v => TopKMagnitude.Jvp<float>(x, expected.Gamma, v, n, k, norm, v));
        }
    }

    [Fact]
    public void A_shifted_overlap_is_refused_and_nothing_is_written()
    {
        var norm = PNorm.Quadratic(1);
        float[] apart = [4, 3, 2, 1];
        Refused(m => TopKMask.Forward<float>(m.AsSpan(0, 4), 4, 2, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMask.Forward<float>(m.AsSpan(1, 4), 4, [2], norm, m.AsSpan(0, 4)));
        Refused(m => TopKMask.Vjp<float>(m.AsSpan(0, 4), apart, 4, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMask.Vjp<float>(apart, m.AsSpan(0, 4), 4, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMask.Jvp<float>(apart, m.AsSpan(2, 4), 4, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMagnitude.Forward<float>(m.AsSpan(0, 4), 4, 2, norm, m.AsSpan(3, 4), new double[1]));
        Refused(m => TopKMagnitude.Vjp<float>(m.AsSpan(0, 4), [1], apart, 4, 2, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMagnitude.Vjp<float>(apart, [1], m.AsSpan(0, 4), 4, 2, norm, m.AsSpan(1, 4)));
        Refused(m => TopKMagnitude.Jvp<float>(apart, [1], m.AsSpan(0, 4), 4, [2], norm, m.AsSpan(1, 4)));
    }

    [Fact]
    public void What_lies_around_the_destination_is_left_alone()
    {
        for (var n = 1; n <= 300; n++)
        {
            var x = Operators.Normal<float>(n, n);
            var (memory, thresholds) = (new float[n + 40], new double[3]);
            Array.Fill(memory, 77);
            Array.Fill(thresholds, 77);
            TopKMagnitude.Forward<float>(x, n, n / 2, PNorm.Quadratic(1), memory.AsSpan(20, n), thresholds.AsSpan(1, 1));
            TopKMask.Vjp<float>(x, x, n, PNorm.Quadratic(1), memory.AsSpan(20, n));
            Assert.All(memory[..20].Concat(memory[(20 + n)..]), v => Assert.Equal(77, v));
            Assert.Equal((77, 77), (thresholds[0], thresholds[2]));
        }
    }

    private static void Same(float[] expected, float[] input, Action<float[]> operation)
    {
        var memory = (float[])input.Clone();
        operation(memory);
        Assert.Equal(expected, memory);
    }

    private static void Refused(Action<float[]> operation)
    {
        float[] memory = [1, 2, 3, 4, 5, 6, 7];
        Assert.Equal("destination", Assert.ThrowsAny<ArgumentException>(() => operation(memory)).ParamName);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], memory);
    }
}
