using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>Keeps the undecided entries of a row, in their order: the one pass over a row that its length costs.</summary>
/// <remarks>An entry is decided where its key is at or below low, or finite and at or above cut. NaN never is.</remarks>
internal static class Compaction
{
    /// <param name="Count">How many entries were kept; -1 where the destination was too short for them.</param>
    /// <param name="Above">How many were at or above the cut.</param>
    internal readonly record struct Kept(int Count, long Above);

    /// <summary>Writes the undecided keys.</summary>
    /// <param name="row">The row; a key is the entry, or its absolute value.</param>
    /// <param name="absolute">Whether keys are absolute values.</param>
    /// <param name="low">Keys at or below it are dropped.</param>
    /// <param name="cut">Finite keys at or above it are counted and dropped.</param>
    /// <param name="destination">As long as the row; it may be the row.</param>
    public static Kept Keys<T>(ReadOnlySpan<T> row, bool absolute, double low, double cut, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var (least, most) = (Rounding.Down<T>(low), Rounding.Up<T>(cut));
        return !Vector512.IsHardwareAccelerated || !Avx512F.IsSupported ? KeepByBits(row, absolute, least, most, destination)
            : double.IsPositiveInfinity(cut) ? KeepByCompress<T, LowerEnd>(row, absolute, least, most, destination)
            : KeepByCompress<T, BothEnds>(row, absolute, least, most, destination);
    }

    /// <summary>The smallest key from <paramref name="least"/> up.</summary>
    public static double SmallestFrom<T>(ReadOnlySpan<T> row, bool absolute, double least)
        where T : unmanaged, INumberBase<T>
    {
        var smallest = double.PositiveInfinity;
        foreach (var entry in row)
        {
            var key = double.CreateTruncating(absolute ? T.Abs(entry) : entry);
            smallest = key >= least && key < smallest ? key : smallest;
        }

        return smallest;
    }

    private static Kept KeepByCompress<T, TEnds>(ReadOnlySpan<T> row, bool absolute, T low, T cut, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        where TEnds : struct
    {
        var (vl, vc, vm) = (Vector512.Create(low), Vector512.Create(cut), Vector512.Create(Largest<T>()));
        var sign = absolute ? Vector512.Create(-T.Zero) : Vector512<T>.Zero;
        ref var source = ref MemoryMarshal.GetReference(row);
        ref var target = ref MemoryMarshal.GetReference(destination);
        var (count, above) = ((nuint)0, 0L);
        var whole = row.Length - (row.Length % Vector512<T>.Count);
        for (var i = 0; i < whole; i += Vector512<T>.Count)
        {
            // Without a branch on the keys: what is stored beyond those kept lies within the block just read, and is overwritten.
            var key = Vector512.AndNot(Vector512.LoadUnsafe(ref source, (nuint)i), sign);
            var keep = ~Vector512.LessThanOrEqual(key, vl);
            if (typeof(TEnds) == typeof(BothEnds))
            {
                var over = Vector512.GreaterThanOrEqual(key, vc) & Vector512.LessThanOrEqual(key, vm);
                above += BitOperations.PopCount(over.ExtractMostSignificantBits());
                keep = Vector512.AndNot(keep, over);
            }

            Compress(key, keep).StoreUnsafe(ref target, count);
            count += (nuint)BitOperations.PopCount(keep.ExtractMostSignificantBits());
        }

        var rest = KeepByBits(row[whole..], absolute, low, cut, destination[(int)count..]);
        return new Kept((int)count + rest.Count, above + rest.Above);
    }

    private static Vector512<T> Compress<T>(Vector512<T> value, Vector512<T> mask) => Unsafe.SizeOf<T>() == 4
        ? Avx512F.Compress(Vector512<float>.Zero, mask.AsSingle(), value.AsSingle()).As<float, T>()
        : Avx512F.Compress(Vector512<double>.Zero, mask.AsDouble(), value.AsDouble()).As<double, T>();

    private static Kept KeepByBits<T>(ReadOnlySpan<T> row, bool absolute, T low, T cut, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        var (vl, vc, vm) = (Vector256.Create(low), Vector256.Create(cut), Vector256.Create(Largest<T>()));
        var sign = absolute ? Vector256.Create(-T.Zero) : Vector256<T>.Zero;
        ref var source = ref MemoryMarshal.GetReference(row);
        var (i, count, above) = (0, 0, 0L);
        for (; i <= row.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            var key = Vector256.AndNot(Vector256.LoadUnsafe(ref source, (nuint)i), sign);
            var over = Vector256.GreaterThanOrEqual(key, vc) & Vector256.LessThanOrEqual(key, vm);
            above += BitOperations.PopCount(over.ExtractMostSignificantBits());
            var keep = ~(Vector256.LessThanOrEqual(key, vl) | over);
            for (var bits = keep.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                destination[count++] = key[BitOperations.TrailingZeroCount(bits)];
            }
        }

        for (; i < row.Length; i++)
        {
            var key = absolute ? T.Abs(row[i]) : row[i];
            var over = AtLeast(key, cut) && AtLeast(Largest<T>(), key);
            above += over ? 1 : 0;
            if (!over && !AtLeast(low, key))
            {
                destination[count++] = key;
            }
        }

        return new Kept(count, above);
    }

    private static bool AtLeast<T>(T left, T right) => typeof(T) == typeof(float)
        ? (float)(object)left! >= (float)(object)right!
        : (double)(object)left! >= (double)(object)right!;

    private static T Largest<T>() => typeof(T) == typeof(float) ? (T)(object)float.MaxValue : (T)(object)double.MaxValue;

    /// <summary>Keys are bounded from below alone.</summary>
    private readonly struct LowerEnd;

    /// <summary>Keys are bounded from below and above.</summary>
    private readonly struct BothEnds;
}
