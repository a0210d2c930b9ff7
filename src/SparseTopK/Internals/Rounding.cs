using System.Runtime.CompilerServices;

namespace SparseTopK.Internals;

/// <summary>A float64 bound as a bound in T that decides every T alike.</summary>
internal static class Rounding
{
    /// <summary>The largest T that is not above the value; T is float or double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Down<T>(double value)
    {
        if (typeof(T) == typeof(double))
        {
            return (T)(object)value;
        }

        var single = (float)value;
        return (T)(object)(single > value ? MathF.BitDecrement(single) : single);
    }

    /// <summary>What rounding may make of a sum of so many terms of one sign: a random walk of half units in the last place.</summary>
    public static double Noise(double sum, int terms) => sum * (1 + Math.Sqrt(terms)) / (1L << 53);

    /// <summary>The smallest T that is not below the value; T is float or double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Up<T>(double value)
    {
        if (typeof(T) == typeof(double))
        {
            return (T)(object)value;
        }

        var single = (float)value;
        return (T)(object)(single < value ? MathF.BitIncrement(single) : single);
    }
}
