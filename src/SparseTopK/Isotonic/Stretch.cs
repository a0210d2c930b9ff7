using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Vectorised passes over stretches of a row.</summary>
internal static class Stretch
{
    /// <summary>Entries to look at one by one before it pays to look at many at once.</summary>
    private const int Patience = 8;

    /// <summary>The last entry of the stretch from <paramref name="start"/> on in which no entry is below the next.</summary>
    public static int DecreasingEnd<T>(ReadOnlySpan<T> x, int start)
        where T : unmanaged, INumberBase<T>
    {
        var i = start;
        for (var stop = Math.Min(x.Length - 1, start + Patience); i < stop; i++)
        {
            if (IsBelow(x[i], x[i + 1]))
            {
                return i;
            }
        }

        ref var first = ref MemoryMarshal.GetReference(x);
        for (; i <= x.Length - 1 - (4 * Vector<T>.Count); i += 4 * Vector<T>.Count)
        {
            var rises = Below(ref first, i) | Below(ref first, i + Vector<T>.Count)
                | Below(ref first, i + (2 * Vector<T>.Count)) | Below(ref first, i + (3 * Vector<T>.Count));
            if (Vector.AnyWhereAllBitsSet(rises))
            {
                break;
            }
        }

        for (; i < x.Length - 1 && !IsBelow(x[i], x[i + 1]); i++)
        {
        }

        return i;
    }

    /// <summary>The last entry of the stretch from <paramref name="start"/> on in which every entry is below the next.</summary>
    public static int IncreasingEnd<T>(ReadOnlySpan<T> x, int start)
        where T : unmanaged, INumberBase<T>
    {
        var i = start;
        for (var stop = Math.Min(x.Length - 1, start + Patience); i < stop; i++)
        {
            if (!IsBelow(x[i], x[i + 1]))
            {
                return i;
            }
        }

        ref var first = ref MemoryMarshal.GetReference(x);
        for (; i <= x.Length - 1 - (4 * Vector<T>.Count); i += 4 * Vector<T>.Count)
        {
            var rises = Below(ref first, i) & Below(ref first, i + Vector<T>.Count)
                & Below(ref first, i + (2 * Vector<T>.Count)) & Below(ref first, i + (3 * Vector<T>.Count));
            if (!Vector.AllWhereAllBitsSet(rises))
            {
                break;
            }
        }

        for (; i < x.Length - 1 && IsBelow(x[i], x[i + 1]); i++)
        {
        }

        return i;
    }

    /// <summary>sum w_i (x_i - anchor) and sum w_i, w = unit * weights; without weights all are 1.</summary>
    public static (double Sum, double Weight) Sum<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, double anchor, double unit)
        where T : unmanaged, INumberBase<T>
    {
        var (sums, total) = (Vector<double>.Zero, Vector<double>.Zero);
        var origin = Vector.Create(anchor);
        var i = 0;
        for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Widen(x, i, out var low, out var high);
            if (weights.IsEmpty)
            {
                sums += low - origin;
                sums += typeof(T) == typeof(float) ? high - origin : Vector<double>.Zero;
                continue;
            }

            Widen(weights, i, out var lowWeight, out var highWeight);
            (lowWeight, highWeight) = (lowWeight * unit, highWeight * unit);
            sums += lowWeight * (low - origin);
            sums += typeof(T) == typeof(float) ? highWeight * (high - origin) : Vector<double>.Zero;
            total += lowWeight + highWeight;
        }

        var (sum, weight) = (Vector.Sum(sums), weights.IsEmpty ? x.Length : Vector.Sum(total));
        for (; i < x.Length; i++)
        {
            var w = weights.IsEmpty ? 1 : double.CreateTruncating(weights[i]) * unit;
            sum += w * (double.CreateTruncating(x[i]) - anchor);
            weight += weights.IsEmpty ? 0 : w;
        }

        return (sum, weight);
    }

    /// <summary>The smallest of one or more finite entries.</summary>
    public static T Min<T>(ReadOnlySpan<T> x)
        where T : unmanaged, INumberBase<T>
    {
        var least = x[0];
        var i = 0;
        if (x.Length >= Vector<T>.Count)
        {
            var lanes = new Vector<T>(x);
            for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                lanes = Vector.MinNative(lanes, new Vector<T>(x[i..]));
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                least = IsBelow(lanes[lane], least) ? lanes[lane] : least;
            }
        }

        for (; i < x.Length; i++)
        {
            least = IsBelow(x[i], least) ? x[i] : least;
        }

        return least;
    }

    /// <summary>max |x|, 0 for no entries.</summary>
    public static double Largest<T>(ReadOnlySpan<T> x)
        where T : unmanaged, INumberBase<T> =>
        x.IsEmpty ? 0 : double.CreateTruncating(T.Abs(TensorPrimitives.MaxMagnitude(x)));

    /// <summary>A power of two that brings the largest of some positive weights near 1, so that sums and products of them stay in range.</summary>
    public static double UnitOf<T>(ReadOnlySpan<T> weights)
        where T : unmanaged, INumberBase<T> =>
        typeof(T) == typeof(double) && !weights.IsEmpty ? UnitFor(Largest(weights)) : 1;

    /// <summary>The same from the largest of them.</summary>
    public static double UnitFor(double largest) =>
        PortablePower.TwoTo(Math.Max(-1022, Math.Min(-PortablePower.Exponent(largest), 1023)));

    /// <summary>Whether no entry is NaN or infinite.</summary>
    public static bool IsFinite<T>(ReadOnlySpan<T> x)
        where T : unmanaged, INumberBase<T>
    {
        // x - x is NaN for NaN and the infinities alone, and NaN stays in a sum.
        ref var first = ref MemoryMarshal.GetReference(x);
        var (a, b) = (Vector<T>.Zero, Vector<T>.Zero);
        var i = 0;
        for (; i <= x.Length - (2 * Vector<T>.Count); i += 2 * Vector<T>.Count)
        {
            var (one, other) = (Vector.LoadUnsafe(ref first, (nuint)i), Vector.LoadUnsafe(ref first, (nuint)(i + Vector<T>.Count)));
            a += one - one;
            b += other - other;
        }

        var rest = T.Zero;
        for (; i < x.Length; i++)
        {
            rest += x[i] - x[i];
        }

        return Vector.EqualsAll(a + b, Vector<T>.Zero) && T.IsZero(rest);
    }

    private static bool IsBelow<T>(T a, T b)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? (float)(object)a < (float)(object)b : (double)(object)a < (double)(object)b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Below<T>(ref T first, int i)
        where T : unmanaged =>
        Vector.LessThan(Vector.LoadUnsafe(ref first, (nuint)i), Vector.LoadUnsafe(ref first, (nuint)(i + 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<T>(ReadOnlySpan<T> x, int i, out Vector<double> low, out Vector<double> high)
        where T : unmanaged
    {
        var vector = Vector.LoadUnsafe(ref MemoryMarshal.GetReference(x), (nuint)i);
        if (typeof(T) == typeof(float))
        {
            Vector.Widen(vector.As<T, float>(), out low, out high);
        }
        else
        {
            (low, high) = (vector.As<T, double>(), Vector<double>.Zero);
        }
    }
}
