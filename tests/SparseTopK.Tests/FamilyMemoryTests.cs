using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>The destination may be an input, not an input shifted; and 16-bit floats are computed in float.</summary>
public sealed class FamilyMemoryTests
{
    private static readonly PNorm Norm = new(1.5, 0.5);
    private static readonly IsotonicObjective Linear = IsotonicObjective.LinearTerm(Norm);
    private static readonly SoftOrder[] Kinds = [new(0.5), new(0.5, SortDirection.Descending, SoftRegularization.Entropic)];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(3, 64)]
    [InlineData(2, 3000)]
    public void The_destination_may_be_an_input(int rows, int n)
    {
        var (x, g, w) = (Operators.Normal<float>(rows * n, n), Operators.Normal<float>(rows * n, 1), Falling(n));
        var (v, ends, order) = (new float[x.Length], new int[x.Length], new int[x.Length]);
        IsotonicRegression.Forward<float>(x, n, w, Linear, v, ends);
        Same(v, x, m => IsotonicRegression.Forward<float>(m, n, w, Linear, m));
        var expected = IsotonicRegression.Vjp<float>(x, v, ends, g, n, w, Linear);
        Same(expected, x, m => IsotonicRegression.Vjp<float>(m, v, ends, g, n, w, Linear, m));
        Same(expected, v, m => IsotonicRegression.Vjp<float>(x, m, ends, g, n, w, Linear, m));
        Same(expected, g, m => IsotonicRegression.Vjp<float>(x, v, ends, m, n, w, Linear, m));
        IsotonicRegression.Jvp<float>(x, v, ends, g, n, w, Linear, expected);
        Same(expected, x, m => IsotonicRegression.Jvp<float>(m, v, ends, g, n, w, Linear, m));
        Same(expected, g, m => IsotonicRegression.Jvp<float>(x, v, ends, m, n, w, Linear, m));

        Permutahedron.Forward<float>(x, n, w, Norm, v, order, ends);
        Same(v, x, m => Permutahedron.Forward<float>(m, n, w, Norm, m));
        Permutahedron.Vjp<float>(v, order, ends, g, n, Norm, expected);
        Same(expected, v, m => Permutahedron.Vjp<float>(m, order, ends, g, n, Norm, m));
        Same(expected, g, m => Permutahedron.Jvp<float>(v, order, ends, m, n, Norm, m));
        foreach (var kind in Kinds)
        {
            SoftRank.Forward<float>(x, n, kind, v, order, ends);
            Same(v, x, m => SoftRank.Forward<float>(m, n, kind, m));
            SoftRank.Vjp<float>(x, order, ends, g, n, kind, expected);
            Same(expected, x, m => SoftRank.Vjp<float>(m, order, ends, g, n, kind, m));
            Same(expected, g, m => SoftRank.Vjp<float>(x, order, ends, m, n, kind, m));
            SoftRank.Jvp<float>(x, order, ends, g, n, kind, expected);
            Same(expected, g, m => SoftRank.Jvp<float>(x, order, ends, m, n, kind, m));
            SoftSort.Forward<float>(x, n, kind, v, order, ends);
            Same(v, x, m => SoftSort.Forward<float>(m, n, kind, m));
            SoftSort.Vjp<float>(x, order, ends, g, n, kind, expected);
            Same(expected, x, m => SoftSort.Vjp<float>(m, order, ends, g, n, kind, m));
            Same(expected, g, m => SoftSort.Vjp<float>(x, order, ends, m, n, kind, m));
            SoftSort.Jvp<float>(x, order, ends, g, n, kind, expected);
            Same(expected, x, m => SoftSort.Jvp<float>(m, order, ends, g, n, kind, m));
        }

        var results = new DykstraResult[rows];
        Dykstra.Project<float>(x, n, w, v, results);
        Same(v, x, m => Dykstra.Project<float>(m, n, w, m, results));
    }

    [Fact]
    public void A_shifted_overlap_is_refused_and_nothing_is_written()
    {
        float[] a = [4, 3, 2, 1];
        int[] places = [0, 1, 2, 3], ends = [1, 2, 3, 4];
        var kind = Kinds[0];
        Refused(m => IsotonicRegression.Forward<float>(m.AsSpan(0, 4), 4, [], default, m.AsSpan(1, 4)));
        Refused(m => IsotonicRegression.Forward<float>(a, 4, m.AsSpan(2, 4), default, m.AsSpan(1, 4)));
        Refused(m => IsotonicRegression.Vjp<float>(m.AsSpan(0, 4), a, ends, a, 4, [], default, m.AsSpan(1, 4)));
        Refused(m => IsotonicRegression.Vjp<float>(a, m.AsSpan(0, 4), ends, a, 4, [], default, m.AsSpan(1, 4)));
        Refused(m => IsotonicRegression.Vjp<float>(a, a, ends, m.AsSpan(2, 4), 4, [], default, m.AsSpan(1, 4)));
        Refused(m => IsotonicRegression.Jvp<float>(a, a, ends, m.AsSpan(0, 4), 4, [], default, m.AsSpan(3, 4)));
        Refused(m => Permutahedron.Forward<float>(m.AsSpan(0, 4), 4, a, Norm, m.AsSpan(1, 4)));
        Refused(m => Permutahedron.Vjp<float>(m.AsSpan(0, 4), places, ends, a, 4, Norm, m.AsSpan(1, 4)));
        Refused(m => Permutahedron.Vjp<float>(a, places, ends, m.AsSpan(0, 4), 4, Norm, m.AsSpan(1, 4)));
        Refused(m => SoftRank.Forward<float>(m.AsSpan(0, 4), 4, kind, m.AsSpan(1, 4)));
        Refused(m => SoftRank.Vjp<float>(m.AsSpan(0, 4), places, ends, a, 4, kind, m.AsSpan(1, 4)));
        Refused(m => SoftRank.Jvp<float>(a, places, ends, m.AsSpan(0, 4), 4, kind, m.AsSpan(1, 4)));
        Refused(m => SoftSort.Forward<float>(m.AsSpan(0, 4), 4, kind, m.AsSpan(1, 4)));
        Refused(m => SoftSort.Vjp<float>(m.AsSpan(0, 4), places, ends, a, 4, kind, m.AsSpan(1, 4)));
        Refused(m => SoftSort.Jvp<float>(a, places, ends, m.AsSpan(0, 4), 4, kind, m.AsSpan(1, 4)));
        Refused(m => Dykstra.Project<float>(m.AsSpan(0, 4), 4, [], m.AsSpan(1, 4), new DykstraResult[1]));
        Refused(m => Dykstra.Project<float>(a, 4, m.AsSpan(0, 4), m.AsSpan(1, 4), new DykstraResult[1]));
    }

    [Fact]
    public void What_lies_around_the_destination_is_left_alone()
    {
        for (var n = 1; n <= 70; n++)
        {
            var (x, memory, places) = (Operators.Normal<float>(n, n), new float[n + 16], new int[n + 16]);
            Array.Fill(memory, 77);
            Array.Fill(places, 77);
            IsotonicRegression.Forward<float>(x, n, [], default, memory.AsSpan(8, n), places.AsSpan(8, n));
            SoftSort.Forward<float>(x, n, Kinds[1], memory.AsSpan(8, n), places.AsSpan(8, n));
            SoftRank.Forward<float>(x, n, Kinds[0], memory.AsSpan(8, n), [], places.AsSpan(8, n));
            Permutahedron.Forward<float>(x, n, Falling(n), Norm, memory.AsSpan(8, n), places.AsSpan(8, n));
            Assert.All(memory[..8].Concat(memory[(8 + n)..]), v => Assert.Equal(77, v));
            Assert.All(places[..8].Concat(places[(8 + n)..]), v => Assert.Equal(77, v));
        }
    }

    [Fact]
    public void Half_equals_float_rounded()
    {
        foreach (var n in new[] { 1, 7, 64, 500, 3000 })
        {
            var (x, w, g) = (Round(Inputs.Normal(3 * n, n)), Round([.. Falling(n).Select(v => (double)v)]), Round(Inputs.Normal(3 * n, 1)));
            x[n] = Half.NaN;
            var (half, single, order, ends) = (new Half[3 * n], new float[3 * n], new int[3 * n], new int[3 * n]);
            IsotonicRegression.Forward<Half>(x, n, w, Linear, half, ends);
            IsotonicRegression.Forward<float>(Widen(x), n, Widen(w), Linear, single);
            Assert.Equal(Narrow(single), half);
            Assert.Equal(
                Narrow(IsotonicRegression.Vjp<float>(Widen(x), Widen(half), ends, Widen(g), n, Widen(w), Linear)),
                IsotonicRegression.Vjp<Half>(x, half, ends, g, n, w, Linear));
            Permutahedron.Forward<Half>(x, n, w, Norm, half, order, ends);
            Permutahedron.Forward<float>(Widen(x), n, Widen(w), Norm, single);
            Assert.Equal(Narrow(single), half);
            SoftRank.Forward<Half>(x, n, Kinds[1], half, order, ends);
            SoftRank.Forward<float>(Widen(x), n, Kinds[1], single);
            Assert.Equal(Narrow(single), half);
            SoftRank.Vjp<Half>(x, order, ends, g, n, Kinds[1], half);
            SoftRank.Vjp<float>(Widen(x), order, ends, Widen(g), n, Kinds[1], single);
            Assert.Equal(Narrow(single), half);
            SoftSort.Forward<Half>(x, n, Kinds[0], half);
            SoftSort.Forward<float>(Widen(x), n, Kinds[0], single);
            Assert.Equal(Narrow(single), half);
            Dykstra.Project<Half>(x, n, w, half, new DykstraResult[3], new() { MaxHalfSweeps = 20 });
            Dykstra.Project<float>(Widen(x), n, Widen(w), single, new DykstraResult[3], new() { MaxHalfSweeps = 20 });
            Assert.Equal(Narrow(single), half);
        }
    }

    private static float[] Falling(int n) => [.. Enumerable.Range(0, n).Select(i => 1 + ((n - i) / (float)n))];

    private static Half[] Round(double[] values) => Array.ConvertAll(values, v => (Half)v);

    private static float[] Widen(Half[] values) => Array.ConvertAll(values, v => (float)v);

    private static Half[] Narrow(float[] values) => Array.ConvertAll(values, v => (Half)v);

    private static void Same(float[] expected, float[] input, Action<float[]> operation)
    {
        var memory = (float[])input.Clone();
        operation(memory);
        Assert.Equal(expected, memory);
    }

    private static void Refused(Action<float[]> operation)
    {
        float[] memory = [7, 6, 5, 4, 3, 2, 1];
        Assert.Equal("destination", Assert.ThrowsAny<ArgumentException>(() => operation(memory)).ParamName);
        Assert.Equal([7, 6, 5, 4, 3, 2, 1], memory);
    }
}
