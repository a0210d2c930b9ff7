using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseTopK.Internals;

/// <summary>Derivatives within the range of an element type: a number beyond it becomes the largest of its sign, and NaN stays NaN.</summary>
internal static class FiniteRange
{
    /// <summary>Sums of as many numbers as a row may have, each of them smaller, stay finite.</summary>
    private const double SafeToSum = 1e290;

    /// <summary>Up to this length a row has only just been written, one entry after another, and a vector would wait for the stores.</summary>
    private const int ShortRow = 8;

    /// <summary>2^-64.</summary>
    private const double Shrink = 1.0 / (1L << 32) / (1L << 32);

    /// <summary>What to multiply numbers by, so that their sums and differences stay finite: 1, or a power of two, which changes no digit.</summary>
    /// <param name="largest">The largest absolute value of them.</param>
    public static double Headroom(double largest) => largest > SafeToSum ? Shrink : 1.0;

    /// <summary>The largest finite number of float, double or a 16-bit float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest<T>()
        where T : unmanaged, INumberBase<T>
    {
        if (typeof(T) == typeof(double))
        {
            return double.MaxValue;
        }

        // The bits of an IEEE format count up from the largest finite number to infinity.
        return typeof(T) == typeof(float)
            ? float.MaxValue
            : double.CreateTruncating(Unsafe.BitCast<ushort, T>((ushort)(Unsafe.BitCast<T, ushort>(T.CreateTruncating(float.PositiveInfinity)) - 1)));
    }

    /// <summary>A product in the range of T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Clamp<T>(double product)
        where T : unmanaged, INumberBase<T> =>
        Math.Clamp(product, -Largest<T>(), Largest<T>());

    /// <summary>Whether all products lie within the range of T, and not at its ends. False if one is NaN.</summary>
    public static bool Holds<T>(ReadOnlySpan<double> products)
        where T : unmanaged, INumberBase<T>
    {
        ref var first = ref MemoryMarshal.GetReference(products);
        var inside = Vector<long>.AllBitsSet;
        var i = 0;
        for (; products.Length > ShortRow && i <= products.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            inside &= Vector.LessThan(Vector.Abs(Vector.LoadUnsafe(ref first, (nuint)i)), Vector.Create(Largest<T>()));
        }

        var all = Vector.EqualsAll(inside, Vector<long>.AllBitsSet);
        for (; i < products.Length; i++)
        {
            all &= Math.Abs(products[i]) < Largest<T>();
        }

        return all;
    }

    /// <summary>Gives headroom to the entries of a direction that came from T, and returns it.</summary>
    public static double Enter<T>(Span<double> direction)
        where T : unmanaged, INumberBase<T>
    {
        var headroom = typeof(T) == typeof(double) ? Headroom(Math.Abs(TensorPrimitives.MaxMagnitudeNumber<double>(direction))) : 1;
        TensorPrimitives.Multiply(direction, headroom, direction);
        return headroom;
    }

    /// <summary>Takes the headroom that <see cref="Enter"/> has given from the products with a direction, and keeps them within the range of T.</summary>
    public static void Leave<T>(Span<double> products, double headroom)
        where T : unmanaged, INumberBase<T>
    {
        TensorPrimitives.Multiply(products, 1 / headroom, products);
        TensorPrimitives.Clamp(products, -Largest<T>(), Largest<T>(), products);
    }
}
