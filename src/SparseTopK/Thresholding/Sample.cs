using System.Buffers;
using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>A guess at the bracket of a long row's root, from a few of its entries.</summary>
/// <remarks>Nothing depends on it but speed: the caller checks both ends against the whole row.</remarks>
internal static class Sample
{
    /// <summary>Rows shorter than this are searched whole.</summary>
    public const int From = 256;

    /// <summary>The bracket lies this many standard deviations of the sampled count to either side.</summary>
    private const double Deviations = 4;

    public static (double Low, double High) Bracket<T, TPower>(ReadOnlySpan<T> row, int k, Equation<TPower> equation)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var size = SizeFor(row.Length);
        var pool = ArrayPool<double>.Shared.Rent(2 * size);
        try
        {
            var keys = pool.AsSpan(0, size);
            var count = Draw(row, equation.Magnitude, keys);
            keys = keys[..count];
            if (count < 16)
            {
                return (equation.LeastKey, double.PositiveInfinity);
            }

            var (expected, margin, slack) = Expect(k, size, row.Length);
            var low = equation.LeastKey;
            var high = double.PositiveInfinity;
            var scratch = pool.AsSpan(size, count);
            if (expected + margin < 0.9 * count)
            {
                low = Solve(keys, scratch, expected + margin, slack, equation);
            }

            if (expected - margin > 1 && k > row.Length / 32)
            {
                high = Solve(keys, scratch, expected - margin, slack, equation);
            }

            return (low, high);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(pool);
        }
    }

    private static double Solve<TPower>(
        ReadOnlySpan<double> keys, Span<double> scratch, double k, double slack, Equation<TPower> equation)
        where TPower : struct, IPower
    {
        keys.CopyTo(scratch);
        var search = new ThresholdSearch<TPower>(equation, scratch, 0, k, confirmed: true);
        var (low, high) = RowSolver.Bracket(scratch, equation);
        return search.Approximate(low, high, slack);
    }

    /// <summary>How many entries of a row of n to look at.</summary>
    public static int SizeFor(int n) => (int)Math.Min(Math.Max(2 * Math.Sqrt(n), 64), 1 << 13);

    /// <summary>Which entry of a row of n is the i-th of a sample: one from each of equal stretches, at a place that varies by the golden ratio.</summary>
    public static int Place(int i, int size, int n)
    {
        var stretch = (double)n / size;
        var start = (int)(i * stretch);
        var length = (int)((i + 1) * stretch) - start;
        return start + (int)(((long)length * ((uint)(i + 1) * 0x9E3779B9u)) >> 32);
    }

    /// <summary>How many of a sample are expected among the k largest of a row of n, and how far to either side the bracket reaches.</summary>
    public static (double Expected, double Margin, double Slack) Expect(int k, int size, int n)
    {
        var expected = (double)k * size / n;
        var deviation = Math.Sqrt(expected * Math.Max(0, 1 - (expected / size)));
        return (expected, (Deviations * deviation) + 2, (0.5 * deviation) + 0.5);
    }

    private static int Draw<T>(ReadOnlySpan<T> row, bool magnitude, Span<double> keys)
        where T : unmanaged, INumberBase<T>
    {
        var count = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            var entry = double.CreateTruncating(row[Place(i, keys.Length, row.Length)]);
            keys[count] = magnitude ? Math.Abs(entry) : entry;
            count += double.IsFinite(entry) ? 1 : 0;
        }

        return count;
    }
}
