namespace SparseTopK.TestKit;

/// <summary>The tolerances of golden/README.md.</summary>
/// <remarks>One scale differs from that file. It measures y of every operator but the mask and the magnitude in max |x|. Soft ranks
/// run from 1 to n whatever x is: in s0339, s0340, s0342, s0344 and s0345 the correctly rounded float breaks that bound (by 1.2 to 4
/// times, and by 915 in s0345, where max |x| is 0.002), and in s0344 and s0345 half a unit in the last place of a double does. Soft
/// ranks are therefore measured in the larger of max |x| and max |y|. No correctly rounded y of another operator breaks its bound; the
/// nearest is s0319 (iso_mask), at 0.90 of it.</remarks>
public static class Tolerance
{
    /// <summary>Where the margin to the nearest kink is below this, a gradient may legitimately differ.</summary>
    public const double LeastMargin = 1e-6;

    private const double UnitDouble = 1.0 / (1L << 53);

    /// <summary>|y - y*| over the scale: 1 for the mask, |x_i| for the magnitude.</summary>
    public static double Forward<T>(PNorm norm, ReadOnlySpan<double> x) => Forward<T>(norm, Largest(x) / norm.Lambda);

    /// <summary>|vjp - vjp*| over max |vjp*|.</summary>
    public static double Vjp<T>(PNorm norm, ReadOnlySpan<double> x) => Vjp<T>(norm, Largest(x) / norm.Lambda);

    /// <summary>|y - y*| over the scale of each entry.</summary>
    public static double Forward<T>(GoldenCase golden) => Forward<T>(Norm(golden), Ratio(golden));

    /// <summary>|vjp - vjp*| over max |vjp*|.</summary>
    public static double Vjp<T>(GoldenCase golden) => Vjp<T>(Norm(golden), Ratio(golden));

    /// <summary>What the error of each entry of y is measured in.</summary>
    public static double[] Scale(GoldenCase golden)
    {
        var largest = golden.Op switch
        {
            "mask" => 1,
            "soft_rank" => Math.Max(Largest(golden.X), Largest(golden.Y)),
            _ => Largest(golden.X),
        };
        return Array.ConvertAll(golden.X, x => golden.Op == "mag" ? Math.Abs(x) : largest);
    }

    /// <summary>The largest magnitude of the finite entries, 0 where there is none.</summary>
    public static double Largest(ReadOnlySpan<double> values)
    {
        var largest = 0.0;
        foreach (var entry in values)
        {
            largest = double.IsFinite(entry) ? Math.Max(largest, Math.Abs(entry)) : largest;
        }

        return largest;
    }

    private static double Forward<T>(PNorm norm, double ratio)
    {
        var a = Math.Max(1, norm.ResponseExponent);
        return Hoelder(norm) * ((4 * a * Unit<T>()) + (16 * a * UnitDouble * ratio));
    }

    private static double Vjp<T>(PNorm norm, double ratio)
    {
        var a = Math.Max(1, norm.ResponseExponent);
        return Hoelder(norm) * 64 * a * (Unit<T>() + (UnitDouble * (1 + ratio)));
    }

    /// <summary>The regularizer; of least squares, which has none, any with the a of a square.</summary>
    private static PNorm Norm(GoldenCase golden) => golden.Op == "iso_l2" ? PNorm.Quadratic(1) : golden.Norm;

    /// <summary>r = max |x|/lambda, 0 where the operator has no lambda.</summary>
    private static double Ratio(GoldenCase golden) => golden.Op == "iso_l2" ? 0 : Largest(golden.X) / golden.Norm.Lambda;

    private static double Hoelder(PNorm norm) => norm.P > 2 ? 16 : 1;

    private static double Unit<T>() => typeof(T) == typeof(float) ? 1.0 / (1 << 24) : UnitDouble;
}
