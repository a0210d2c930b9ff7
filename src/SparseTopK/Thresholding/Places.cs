using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The places of a row's entries whose keys lie strictly between two bounds.</summary>
internal static class Places
{
    /// <summary>What <see cref="Find"/> may write beyond the places that it returns.</summary>
    public const int Slack = 64;

    /// <summary>Places written for each block without asking how many it holds: the number varies, and guessing it wrong costs more.</summary>
    private const int Batch = 4;

    /// <summary>Writes the places, in order. NaN is always among them.</summary>
    /// <param name="row">The row; a key is the entry, or its absolute value.</param>
    /// <param name="absolute">Whether keys are absolute values.</param>
    /// <param name="low">Keys at or below it are left out.</param>
    /// <param name="cut">Keys at or above it are left out; NaN: none.</param>
    /// <param name="destination">At least <see cref="Slack"/> long.</param>
    /// <returns>Their number; -1 where they and the slack do not fit.</returns>
    public static unsafe int Find<T>(ReadOnlySpan<T> row, bool absolute, double low, double cut, Span<int> destination)
        where T : unmanaged, INumberBase<T>
    {
        var bounds = new Bounds<T>(Rounding.Down<T>(low), Rounding.Up<T>(cut), absolute);
        ref var source = ref MemoryMarshal.GetReference(row);
        var step = 4 * Vector512<T>.Count;
        var whole = row.Length - (row.Length % step);
        var last = destination.Length - Slack;
        var count = 0;
        fixed (int* target = destination)
        {
            for (var i = 0; i < whole && count <= last; i += step)
            {
                var bits = Vector512.IsHardwareAccelerated ? bounds.Wide(ref source, (nuint)i) : bounds.Narrow(ref source, (nuint)i);
                if (bits != 0)
                {
                    count += Write(bits, i, target + count);
                }
            }

            if (whole < row.Length && count <= last)
            {
                Span<T> rest = stackalloc T[4 * Vector512<T>.Count];
                row[whole..].CopyTo(rest);
                var valid = ulong.MaxValue >> (64 - (row.Length - whole));
                count += Write(bounds.Narrow(ref rest[0], 0) & valid, whole, target + count);
            }
        }

        return count <= last ? count : -1;
    }

    private static unsafe int Write(ulong bits, int start, int* target)
    {
        var count = BitOperations.PopCount(bits);
        for (var j = 0; j < Batch; j++)
        {
            target[j] = start + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
        }

        for (var j = Batch; j < count; j++)
        {
            target[j] = start + BitOperations.TrailingZeroCount(bits);
            bits &= bits - 1;
        }

        return count;
    }

    /// <summary>The predicate, for a block of 64 float or 32 double.</summary>
    private readonly struct Bounds<T>(T low, T cut, bool absolute)
        where T : unmanaged, INumberBase<T>
    {
        private readonly T _sign = absolute ? -T.Zero : T.Zero;

        public ulong Wide(ref T source, nuint i)
        {
            var n = (nuint)Vector512<T>.Count;
            return OfWide(ref source, i) | (OfWide(ref source, i + n) << (int)n)
                | (OfWide(ref source, i + (2 * n)) << (int)(2 * n)) | (OfWide(ref source, i + (3 * n)) << (int)(3 * n));
        }

        public ulong Narrow(ref T source, nuint i)
        {
            var bits = 0UL;
            for (nuint j = 0; j < (nuint)(4 * Vector512<T>.Count); j += (nuint)Vector256<T>.Count)
            {
                var key = Vector256.AndNot(Vector256.LoadUnsafe(ref source, i + j), Vector256.Create(_sign));
                var drop = Vector256.LessThanOrEqual(key, Vector256.Create(low)) | Vector256.GreaterThanOrEqual(key, Vector256.Create(cut));
                bits |= (ulong)(~drop).ExtractMostSignificantBits() << (int)j;
            }

            return bits;
        }

        private ulong OfWide(ref T source, nuint i)
        {
            var key = Vector512.AndNot(Vector512.LoadUnsafe(ref source, i), Vector512.Create(_sign));
            var drop = Vector512.LessThanOrEqual(key, Vector512.Create(low)) | Vector512.GreaterThanOrEqual(key, Vector512.Create(cut));
            return (~drop).ExtractMostSignificantBits();
        }
    }
}
