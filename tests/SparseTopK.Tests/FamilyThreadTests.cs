using System.Numerics;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>The isotonic family on any number of threads, and its steady state.</summary>
[Collection(Alone.Name)]
public sealed class FamilyThreadTests
{
    [Theory]
    [InlineData(3000, 16)]
    [InlineData(300, 100)]
    [InlineData(20, 3000)]
    [InlineData(1, 60_000)]
    [InlineData(3, 30_000)]
    public void Results_have_the_same_bits_on_any_number_of_threads(int rows, int n)
    {
        Compare<float>(rows, n, PNorm.Quadratic(0.3));
        Compare<double>(rows, n, new PNorm(1.5, 0.3));
    }

    [Theory]
    [InlineData(500, 16, 1)]
    [InlineData(20, 300, 1)]
    [InlineData(1, 20_000, 1)]
    [InlineData(1000, 16, 2)]
    [InlineData(20, 1000, 2)]
    public void Nothing_is_allocated_in_steady_state(int rows, int n, int number)
    {
        Measure<float>(rows, n, PNorm.Quadratic(0.3), number);
        Measure<double>(rows, n, PNorm.Smooth(0.3), number);
        Measure<double>(rows, n, new PNorm(1.5, 0.3), number);
        Measure<Half>(rows, n, PNorm.Quadratic(0.3), number);
    }

    [Fact]
    public void Several_callers_at_once_get_their_own_results()
    {
        using var threads = new Threads(4);
        var expected = new FamilyBatch<float>(40, 1000, PNorm.Quadratic(0.3));
        expected.Run();
        Parallel.For(0, 8, _ =>
        {
            var batch = new FamilyBatch<float>(40, 1000, PNorm.Quadratic(0.3));
            batch.Run();
            AssertSame(expected, batch, "one of eight callers");
        });
    }

    private static void Compare<T>(int rows, int n, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        FamilyBatch<T>? expected = null;
        foreach (var number in new[] { 1, 2, 3, 8 })
        {
            using var threads = new Threads(number);
            var batch = new FamilyBatch<T>(rows, n, norm);
            batch.Run();
            AssertSame(expected ??= batch, batch, $"{rows} x {n} {typeof(T).Name} on {number} threads");
        }
    }

    private static void AssertSame<T>(FamilyBatch<T> expected, FamilyBatch<T> actual, string name)
        where T : unmanaged, INumberBase<T>
    {
        Assert.Equal(expected.Ends, actual.Ends);
        foreach (var ((one, other), index) in expected.All.Zip(actual.All).Select((pair, index) => (pair, index)))
        {
            Assert.True(Operators.Bits(one).AsSpan().SequenceEqual(Operators.Bits(other)), $"Result {index} of {name}");
        }
    }

    private static void Measure<T>(int rows, int n, PNorm norm, int number)
        where T : unmanaged, INumberBase<T>
    {
        using var threads = new Threads(number);
        var batch = new FamilyBatch<T>(rows, n, norm);
        var least = long.MaxValue;

        // As for the top-k operators: a steady state is one window without any allocation.
        for (var window = 0; window < (number == 1 ? 5 : 60) && least > 0; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            batch.Run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(least == 0, $"{least} bytes for {rows} x {n} {typeof(T).Name}, {norm}, on {number} threads");
    }
}
