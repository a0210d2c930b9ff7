using System.Numerics;
using System.Runtime.InteropServices;
using SparseTopK.Internals;

namespace SparseTopK.Ordering;

/// <summary>The order of one row.</summary>
internal static class Argsort
{
    /// <summary>The keys sign * x in decreasing order, and the places that they come from.</summary>
    /// <param name="x">A row without NaN.</param>
    /// <param name="sign">1 or -1.</param>
    /// <param name="keys">As long as x.</param>
    /// <param name="permutation">As long as x.</param>
    public static void Sort<T>(ReadOnlySpan<T> x, int sign, Span<double> keys, Span<int> permutation)
        where T : unmanaged, INumberBase<T>
    {
        if (typeof(T) == typeof(float))
        {
            SortSingle(MemoryMarshal.Cast<T, float>(x), sign, permutation);
            for (var i = 0; i < keys.Length; i++)
            {
                keys[i] = sign * double.CreateTruncating(x[permutation[i]]);
            }

            return;
        }

        for (var i = 0; i < x.Length; i++)
        {
            (keys[i], permutation[i]) = (-sign * double.CreateTruncating(x[i]), i);
        }

        keys.Sort(permutation);
        System.Numerics.Tensors.TensorPrimitives.Negate(keys, keys);
    }

    /// <summary>A float and its place are one integer: sorting those is faster than sorting keys with items, and keeps ties in place.</summary>
    private static void SortSingle(ReadOnlySpan<float> x, int sign, Span<int> permutation)
    {
        using var scratch = new Scratch<ulong>(x.Length);
        var packed = scratch.Take(x.Length);
        var flip = sign > 0 ? uint.MaxValue : 0;
        for (var i = 0; i < x.Length; i++)
        {
            // Positive floats are ordered as their bits are, negative ones the other way round; + 0 makes one zero of two.
            var bits = BitConverter.SingleToInt32Bits(x[i] + 0f);
            var ordered = (uint)(bits ^ ((bits >> 31) | int.MinValue));
            packed[i] = ((ulong)(ordered ^ flip) << 32) | (uint)i;
        }

        packed.Sort();
        for (var i = 0; i < packed.Length; i++)
        {
            permutation[i] = (int)(uint)packed[i];
        }
    }
}
