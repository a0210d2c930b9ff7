using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SparseTopK.Internals;

/// <summary>Short rows side by side in a tile: its j-th <see cref="Count"/> elements are the j-th entries of as many rows, a row per lane.</summary>
/// <remarks>A lane is a float64 of one of two vectors, the halves; of float one vector holds both halves, of double each has its own.</remarks>
internal static class Lanes
{
    /// <summary>The rows of a tile.</summary>
    public static int Count => 2 * Vector<double>.Count;

    /// <summary>The two halves.</summary>
    public const int Halves = 2;

    /// <summary>Reads rows of n entries into a tile; where there are fewer than <see cref="Count"/>, the first stands in for the others.</summary>
    public static unsafe void Gather<T>(T* rows, int n, int present, Span<T> tile)
        where T : unmanaged
    {
        var j = 0;
        fixed (T* target = tile)
        {
            for (; IsTransposable<T>(present) && j + 8 <= n; j += 8)
            {
                Transpose((float*)rows + j, n, (float*)target + (j * 8), 8);
            }

            for (var lane = 0; lane < Count; lane++)
            {
                var row = rows + (lane < present ? lane * n : 0);
                for (var i = j; i < n; i++)
                {
                    target[(i * Count) + lane] = row[i];
                }
            }
        }
    }

    /// <summary>Writes a tile back to its rows.</summary>
    public static unsafe void Scatter<T>(ReadOnlySpan<T> tile, int n, int present, T* rows)
        where T : unmanaged
    {
        var j = 0;
        fixed (T* source = tile)
        {
            for (; IsTransposable<T>(present) && j + 8 <= n; j += 8)
            {
                Transpose((float*)source + (j * 8), 8, (float*)rows + j, n);
            }

            for (var lane = 0; lane < present; lane++)
            {
                for (var i = j; i < n; i++)
                {
                    rows[(lane * n) + i] = source[(i * Count) + lane];
                }
            }
        }
    }

    /// <summary>One half of the j-th entries, widened.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Half<T>(ReadOnlySpan<T> tile, int j, int half)
        where T : unmanaged
    {
        ref readonly var first = ref tile[j * Count];
        if (typeof(T) == typeof(double))
        {
            return Vector.LoadUnsafe(in first, (nuint)(half * Vector<double>.Count)).As<T, double>();
        }

        var both = Vector.LoadUnsafe(in first).As<T, float>();
        return half == 0 ? Vector.WidenLower(both) : Vector.WidenUpper(both);
    }

    /// <summary>Writes both halves of the j-th entries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector<double> lower, Vector<double> upper, Span<T> tile, int j)
        where T : unmanaged
    {
        ref var first = ref tile[j * Count];
        Narrow<T>(lower, upper).StoreUnsafe(ref first);
        if (typeof(T) == typeof(double))
        {
            Narrow<T>(upper, upper).StoreUnsafe(ref first, (nuint)Vector<double>.Count);
        }
    }

    /// <summary>The vector of T that holds a half: both for float; for double the first alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Narrow<T>(Vector<double> lower, Vector<double> upper) =>
        typeof(T) == typeof(double) ? lower.As<double, T>() : Vector.Narrow(lower, upper).As<float, T>();

    /// <inheritdoc cref="Narrow{T}(Vector{double}, Vector{double})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Narrow<T>(Vector<long> lower, Vector<long> upper) =>
        typeof(T) == typeof(double) ? lower.As<long, T>() : Vector.Narrow(lower, upper).As<int, T>();

    private static bool IsTransposable<T>(int present) =>
        typeof(T) == typeof(float) && Avx.IsSupported && Vector<float>.Count == 8 && present == 8;

    /// <summary>Eight rows of eight float become eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Transpose(float* source, int sourceStride, float* target, int targetStride)
    {
        // Pairs of rows interleaved; then fours, and last the 128-bit parts exchanged.
        var (a, b) = Interleave(source, source + sourceStride);
        var (c, d) = Interleave(source + (2 * sourceStride), source + (3 * sourceStride));
        var (e, f) = Interleave(source + (4 * sourceStride), source + (5 * sourceStride));
        var (g, h) = Interleave(source + (6 * sourceStride), source + (7 * sourceStride));
        Store(Avx.Shuffle(a, c, 0x44), Avx.Shuffle(e, g, 0x44), target, 4 * targetStride);
        Store(Avx.Shuffle(a, c, 0xEE), Avx.Shuffle(e, g, 0xEE), target + targetStride, 4 * targetStride);
        Store(Avx.Shuffle(b, d, 0x44), Avx.Shuffle(f, h, 0x44), target + (2 * targetStride), 4 * targetStride);
        Store(Avx.Shuffle(b, d, 0xEE), Avx.Shuffle(f, h, 0xEE), target + (3 * targetStride), 4 * targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe (Vector256<float> Low, Vector256<float> High) Interleave(float* first, float* second)
    {
        var (a, b) = (Vector256.Load(first), Vector256.Load(second));
        return (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Store(Vector256<float> upper, Vector256<float> lower, float* target, int stride)
    {
        Avx.Permute2x128(upper, lower, 0x20).Store(target);
        Avx.Permute2x128(upper, lower, 0x31).Store(target + stride);
    }
}
