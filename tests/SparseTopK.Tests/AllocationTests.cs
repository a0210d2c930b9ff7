using System.Numerics;
using Xunit;

namespace SparseTopK.Tests;

[Collection(Alone.Name)]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(2000, 16, 1)]
    [InlineData(100, 64, 1)]
    [InlineData(20, 1000, 1)]
    [InlineData(1, 300_000, 1)]
    [InlineData(8000, 16, 2)]
    [InlineData(100, 1000, 2)]
    [InlineData(1, 300_000, 2)]
    public void Nothing_is_allocated_in_steady_state(int rows, int n, int number)
    {
        foreach (var norm in new[] { PNorm.Quadratic(0.3), PNorm.Smooth(0.3), new PNorm(1.5, 0.3), new PNorm(1.2, 0.3) })
        {
            Measure<float>(rows, n, norm, number, TopKSolver.Threshold);
            Measure<double>(rows, n, norm, number, TopKSolver.Threshold);
        }

        Measure<float>(rows, n, PNorm.Quadratic(0.3), number, TopKSolver.Pav);
        Measure<Half>(rows, n, PNorm.Quadratic(0.3), number, TopKSolver.Threshold);
    }

    private static void Measure<T>(int rows, int n, PNorm norm, int number, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
    {
        using var threads = new Threads(number);
        var (x, g, k) = (Operators.Normal<T>(rows * n, n), Operators.Normal<T>(rows * n, n + 1), Math.Max(1, n / 50));
        var (y, gradient, thresholds) = (new T[x.Length], new T[x.Length], new double[rows]);
        var least = long.MaxValue;

        // A collection may trim the pools between two windows, and a pool thread may come late to a crew: a steady state is one
        // window without any allocation.
        for (var window = 0; window < (number == 1 ? 5 : 60) && least > 0; window++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            TopKMask.Forward<T>(x, n, k, norm, y, thresholds, solver);
            TopKMask.Vjp<T>(y, g, n, norm, gradient);
            TopKMask.Jvp<T>(y, g, n, norm, gradient);
            TopKMagnitude.Forward<T>(x, n, k, norm, y, thresholds, solver);
            TopKMagnitude.Vjp<T>(x, thresholds, g, n, k, norm, gradient);
            TopKMagnitude.Jvp<T>(x, thresholds, g, n, k, norm, gradient);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(least == 0, $"{least} bytes for {rows} x {n} {typeof(T).Name}, {solver}, {norm}, on {number} threads");
    }
}
