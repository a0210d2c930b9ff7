using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace SparseTopK.Internals;

/// <summary>Derivatives within the range of an element type: a number beyond it becomes the largest of its sign, and NaN stays NaN.</summary>
internal static class FiniteRange
{
    /// <summary>Sums of as many numbers as a row may have, each of them smaller, stay finite.</summary>
    private const double SafeToSum = 1e290;

    /// <summary>2^-64.</summary>
    private const double Shrink = 1.0 / (1L << 32) / (1L << 32);

    /// <summary>What to multiply numbers by, so that their sums and differences stay finite: 1, or a power of two, which changes no digit.</summary>
    /// <param name="largest">The largest absolute value of them.</param>
    public static double Headroom(double largest) => largest > SafeToSum ? Shrink : 1.0;

    /// <summary>The largest finite number of float, double or a 16-bit float.</summary>
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
    public static double Clamp<T>(double product)
        where T : unmanaged, INumberBase<T> =>
        Math.Clamp(product, -Largest<T>(), Largest<T>());

    /// <summary>Gives headroom to the entries of a direction that came from T, and returns it.</summary>
    public static double Enter<T>(Span<double> direction)
        where T : unmanaged, INumberBase<T>
    {
        var headroom = typeof(T) == typeof(double) ? Headroom(LargestOf(direction)) : 1;
        if (headroom != 1)
        {
            TensorPrimitives.Multiply(direction, headroom, direction);
        }

        return headroom;
    }

    /// <summary>The largest absolute value. In a short row: any that is too large to sum, else 0.</summary>
    private static double LargestOf(ReadOnlySpan<double> direction)
    {
        if (direction.Length > 32)
        {
            return Math.Abs(TensorPrimitives.MaxMagnitude<double>(direction));
        }

        foreach (var entry in direction)
        {
            if (Math.Abs(entry) > SafeToSum)
            {
                return Math.Abs(entry);
            }
        }

        return 0;
    }

    /// <summary>Writes the products with a direction that <see cref="Enter"/> has given headroom; changes them.</summary>
    public static void Leave<T>(Span<double> products, double headroom, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        TensorPrimitives.Multiply(products, 1 / headroom, products);
        TensorPrimitives.Clamp(products, -Largest<T>(), Largest<T>(), products);
        TensorPrimitives.ConvertTruncating<double, T>(products, destination);
    }
}
