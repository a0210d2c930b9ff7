namespace SparseTopK.TestKit;

/// <summary>The tolerances of golden/README.md.</summary>
public static class Tolerance
{
    /// <summary>Where the margin to the nearest kink is below this, a gradient may legitimately differ.</summary>
    public const double LeastMargin = 1e-6;

    private const double UnitDouble = 1.0 / (1L << 53);

    /// <summary>|y - y*| over the scale: 1 for the mask, |x_i| for the magnitude.</summary>
    public static double Forward<T>(PNorm norm, ReadOnlySpan<double> x)
    {
        var a = Math.Max(1, norm.ResponseExponent);
        return Hoelder(norm) * ((4 * a * Unit<T>()) + (16 * a * UnitDouble * Ratio(norm, x)));
    }

    /// <summary>|vjp - vjp*| over max |vjp*|.</summary>
    public static double Vjp<T>(PNorm norm, ReadOnlySpan<double> x)
    {
        var a = Math.Max(1, norm.ResponseExponent);
        return Hoelder(norm) * 64 * a * (Unit<T>() + (UnitDouble * (1 + Ratio(norm, x))));
    }

    private static double Hoelder(PNorm norm) => norm.P > 2 ? 16 : 1;

    private static double Unit<T>() => typeof(T) == typeof(float) ? 1.0 / (1 << 24) : UnitDouble;

    private static double Ratio(PNorm norm, ReadOnlySpan<double> x)
    {
        var largest = 0.0;
        foreach (var entry in x)
        {
            largest = double.IsFinite(entry) ? Math.Max(largest, Math.Abs(entry)) : largest;
        }

        return largest / norm.Lambda;
    }
}
