using System.Numerics;
using Xunit;

namespace SparseTopK.Tests;

[Collection(Alone.Name)]
public sealed class ThreadTests
{
    [Theory]
    [InlineData(20_000, 16)]
    [InlineData(4000, 64)]
    [InlineData(300, 1000)]
    [InlineData(40, 5000)]
    [InlineData(1, 300_000)]
    [InlineData(2, 300_000)]
    [InlineData(1, 1_000_000)]
    public void Results_have_the_same_bits_on_any_number_of_threads(int rows, int n)
    {
        Compare<float>(rows, n, PNorm.Quadratic(0.05), n / 8);
        Compare<float>(rows, n, PNorm.Smooth(0.5), n / 8);
        Compare<double>(rows, n, PNorm.Smooth(0.5), n / 2);
    }

    [Fact]
    public void Several_callers_at_once_get_their_own_results()
    {
        using var threads = new Threads(4);
        var (x, g, norm) = (Operators.Normal<float>(300_000, 1), Operators.Normal<float>(300_000, 2), PNorm.Quadratic(0.1));
        var expected = Operators.Run(x, g, 300_000, [2000], norm);
        Parallel.For(0, 8, _ =>
        {
            foreach (var (one, other) in expected.All.Zip(Operators.Run(x, g, 300_000, [2000], norm).All))
            {
                Assert.True(Operators.Bits(one.Values).AsSpan().SequenceEqual(Operators.Bits(other.Values)), one.Name);
            }
        });
    }

    [Fact]
    public void The_number_of_threads_is_at_least_one()
    {
        var before = TopKParallelism.MaxDegreeOfParallelism;
        Assert.Throws<ArgumentOutOfRangeException>(() => TopKParallelism.MaxDegreeOfParallelism = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => TopKParallelism.MaxDegreeOfParallelism = -2);
        Assert.Equal(before, TopKParallelism.MaxDegreeOfParallelism);
        using (new Threads(3))
        {
            Assert.Equal(3, TopKParallelism.MaxDegreeOfParallelism);
        }
    }

    private static void Compare<T>(int rows, int n, PNorm norm, int k)
        where T : unmanaged, INumberBase<T>
    {
        var (x, g) = (Operators.Normal<T>(rows * n, n), Operators.Normal<T>(rows * n, n + 1));
        var counts = Enumerable.Range(0, rows).Select(row => Math.Min(n, k + (row % 3))).ToArray();
        Results<T>? expected = null;
        foreach (var number in new[] { 1, 2, 3, 8 })
        {
            using var threads = new Threads(number);
            var actual = Operators.Run(x, g, n, counts, norm);
            expected ??= actual;
            foreach (var (one, other) in expected.All.Zip(actual.All))
            {
                var same = Operators.Bits(one.Values).AsSpan().SequenceEqual(Operators.Bits(other.Values));
                Assert.True(same, $"{one.Name} of {rows} x {n} {typeof(T).Name} on {number} threads");
            }
        }
    }
}
