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

    public static (double Low, double High) Bracket<T, TPower>(ReadOnlySpan<T> row, int k, Equation equation, TPower power)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var size = (int)Math.Clamp(2 * Math.Sqrt(row.Length), 64, 1 << 13);
        var pool = ArrayPool<double>.Shared.Rent(2 * size);
        try
        {
            var keys = pool.AsSpan(0, size);
            var count = Draw(row, equation, keys);
            keys = keys[..count];
            if (count < 16)
            {
                return (equation.LeastKey, double.PositiveInfinity);
            }

            var expected = (double)k * size / row.Length;
            var deviation = Math.Sqrt(expected * Math.Max(0, 1 - (expected / size)));
            var margin = (Deviations * deviation) + 2;
            var low = equation.LeastKey;
            var high = double.PositiveInfinity;
            var scratch = pool.AsSpan(size, count);
            if (expected + margin < 0.9 * count)
            {
                low = Solve(keys, scratch, expected + margin, deviation, equation, power);
            }

            if (expected - margin > 1 && k > row.Length / 32)
            {
                high = Solve(keys, scratch, expected - margin, deviation, equation, power);
            }

            return (low, high);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(pool);
        }
    }

    private static double Solve<TPower>(
        ReadOnlySpan<double> keys, Span<double> scratch, double k, double deviation, Equation equation, TPower power)
        where TPower : struct, IPower
    {
        keys.CopyTo(scratch);
        var search = new ThresholdSearch<TPower>(equation, power, scratch, 0, k, confirmed: true);
        var (low, high) = RowSolver.Bracket(scratch, equation);
        return search.Approximate(low, high, (0.5 * deviation) + 0.5);
    }

    /// <summary>One entry from each of equal stretches, at a place in it that varies by the golden ratio.</summary>
    private static int Draw<T>(ReadOnlySpan<T> row, Equation equation, Span<double> keys)
        where T : unmanaged, INumberBase<T>
    {
        var (count, phase) = (0, 0u);
        for (var i = 0; i < keys.Length; i++)
        {
            var start = (long)i * row.Length / keys.Length;
            var length = ((i + 1L) * row.Length / keys.Length) - start;
            phase += 0x9E3779B9;
            var entry = double.CreateTruncating(row[(int)(start + ((length * phase) >> 32))]);
            keys[count] = equation.Magnitude ? Math.Abs(entry) : entry;
            count += double.IsFinite(entry) ? 1 : 0;
        }

        return count;
    }
}
