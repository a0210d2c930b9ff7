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
    public static unsafe Kept Keys<T>(ReadOnlySpan<T> row, bool absolute, double low, double cut, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        fixed (T* target = destination)
        {
            return Keep(row, absolute, low, cut, new KeyTarget<T>(target), destination.Length);
        }
    }

    /// <summary>Writes the places of the undecided entries.</summary>
    /// <inheritdoc cref="Keys"/>
    public static unsafe Kept Indices<T>(ReadOnlySpan<T> row, bool absolute, double low, double cut, Span<int> destination)
        where T : unmanaged, INumberBase<T>
    {
        fixed (int* target = destination)
        {
            return Keep(row, absolute, low, cut, new IndexTarget<T>(target), destination.Length);
        }
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

    private static Kept Keep<T, TTarget>(ReadOnlySpan<T> row, bool absolute, double low, double cut, TTarget target, int capacity)
        where T : unmanaged, INumberBase<T>
        where TTarget : struct, ITarget<T> =>
        !Vector512.IsHardwareAccelerated || !Avx512F.VL.IsSupported
            ? KeepByBits(row, 0, 0, absolute, Rounding.Down<T>(low), Rounding.Up<T>(cut), target, capacity)
            : cut > double.CreateTruncating(Largest<T>())
            ? KeepByCompress<T, TTarget, LowerEnd>(row, absolute, Rounding.Down<T>(low), Rounding.Up<T>(cut), target, capacity)
            : KeepByCompress<T, TTarget, BothEnds>(row, absolute, Rounding.Down<T>(low), Rounding.Up<T>(cut), target, capacity);

    private static Kept KeepByCompress<T, TTarget, TEnds>(ReadOnlySpan<T> row, bool absolute, T low, T cut, TTarget target, int capacity)
        where T : unmanaged, INumberBase<T>
        where TTarget : struct, ITarget<T>
        where TEnds : struct
    {
        var (vl, vc, vm) = (Vector512.Create(low), Vector512.Create(cut), Vector512.Create(Largest<T>()));
        var sign = absolute ? Vector512.Create(-T.Zero) : Vector512<T>.Zero;
        ref var source = ref MemoryMarshal.GetReference(row);
        var (count, above) = (0, 0L);
        var whole = row.Length - (row.Length % Vector512<T>.Count);
        for (var i = 0; i < whole; i += Vector512<T>.Count)
        {
            // Without a branch on the keys: a whole vector is stored, and what lies beyond those kept is overwritten.
            var key = Vector512.AndNot(Vector512.LoadUnsafe(ref source, (nuint)i), sign);
            var keep = ~Vector512.LessThanOrEqual(key, vl);
            if (typeof(TEnds) == typeof(BothEnds))
            {
                var over = Vector512.GreaterThanOrEqual(key, vc) & Vector512.LessThanOrEqual(key, vm);
                above += BitOperations.PopCount(over.ExtractMostSignificantBits());
                keep = Vector512.AndNot(keep, over);
            }

            target.Store(key, keep, i, count);
            count += BitOperations.PopCount(keep.ExtractMostSignificantBits());
            if (count + Vector512<T>.Count > capacity && i + (2 * Vector512<T>.Count) <= whole)
            {
                return new Kept(-1, above);
            }
        }

        var rest = KeepByBits(row, whole, count, absolute, low, cut, target, capacity);
        return rest with { Above = rest.Above + above };
    }

    private static Kept KeepByBits<T, TTarget>(
        ReadOnlySpan<T> row, int i, int count, bool absolute, T low, T cut, TTarget target, int capacity)
        where T : unmanaged, INumberBase<T>
        where TTarget : struct, ITarget<T>
    {
        var (vl, vc, vm) = (Vector256.Create(low), Vector256.Create(cut), Vector256.Create(Largest<T>()));
        var sign = absolute ? Vector256.Create(-T.Zero) : Vector256<T>.Zero;
        ref var source = ref MemoryMarshal.GetReference(row);
        var above = 0L;
        for (; i <= row.Length - Vector256<T>.Count; i += Vector256<T>.Count)
        {
            if (count + Vector256<T>.Count > capacity)
            {
                return new Kept(-1, above);
            }

            var key = Vector256.AndNot(Vector256.LoadUnsafe(ref source, (nuint)i), sign);
            var over = Vector256.GreaterThanOrEqual(key, vc) & Vector256.LessThanOrEqual(key, vm);
            above += BitOperations.PopCount(over.ExtractMostSignificantBits());
            var keep = ~(Vector256.LessThanOrEqual(key, vl) | over);
            for (var bits = keep.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
            {
                var lane = BitOperations.TrailingZeroCount(bits);
                target.Store(key[lane], i + lane, count++);
            }
        }

        for (; i < row.Length; i++)
        {
            var key = absolute ? T.Abs(row[i]) : row[i];
            var over = AtLeast(key, cut) && AtLeast(Largest<T>(), key);
            above += over ? 1 : 0;
            if (!over && !AtLeast(low, key))
            {
                if (count == capacity)
                {
                    return new Kept(-1, above);
                }

                target.Store(key, i, count++);
            }
        }

        return new Kept(count, above);
    }

    private static bool AtLeast<T>(T left, T right) => typeof(T) == typeof(float)
        ? (float)(object)left! >= (float)(object)right!
        : (double)(object)left! >= (double)(object)right!;

    private static T Largest<T>() => typeof(T) == typeof(float) ? (T)(object)float.MaxValue : (T)(object)double.MaxValue;
}

/// <summary>Keys are bounded from below alone.</summary>
internal readonly struct LowerEnd;

/// <summary>Keys are bounded from below and above.</summary>
internal readonly struct BothEnds;

/// <summary>What of the kept entries is written.</summary>
internal interface ITarget<T>
{
    /// <summary>Writes the kept lanes of the vector at <paramref name="i"/>, from <paramref name="count"/> on, and room for a whole vector.</summary>
    void Store(Vector512<T> key, Vector512<T> keep, int i, int count);

    void Store(T key, int i, int count);
}

internal readonly unsafe struct KeyTarget<T>(T* target) : ITarget<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(Vector512<T> key, Vector512<T> keep, int i, int count)
    {
        var kept = sizeof(T) == 4
            ? Avx512F.Compress(Vector512<float>.Zero, keep.AsSingle(), key.AsSingle()).As<float, T>()
            : Avx512F.Compress(Vector512<double>.Zero, keep.AsDouble(), key.AsDouble()).As<double, T>();
        kept.Store(target + count);
    }

    public void Store(T key, int i, int count) => target[count] = key;
}

internal readonly unsafe struct IndexTarget<T>(int* target) : ITarget<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(Vector512<T> key, Vector512<T> keep, int i, int count)
    {
        if (sizeof(T) == 4)
        {
            Avx512F.Compress(Vector512<int>.Zero, keep.AsInt32(), Vector512.Create(i) + Vector512<int>.Indices).Store(target + count);
        }
        else
        {
            var narrow = Avx512F.ConvertToVector256Int32(keep.AsInt64());
            Avx512F.VL.Compress(Vector256<int>.Zero, narrow, Vector256.Create(i) + Vector256<int>.Indices).Store(target + count);
        }
    }

    public void Store(T key, int i, int count) => target[count] = i;
}
