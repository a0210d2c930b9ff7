namespace SparseTopK.Internals;

/// <summary>Real powers from the four operations, the square root and the bits of a double alone.</summary>
/// <remarks>They run wherever float64 does, GPUs without a float64 power among them. A power is off by a few units in the last place, and
/// by one more for each 25 in |e ln v|: the logarithm is carried as a sum of two doubles.</remarks>
internal static partial class PortablePower
{
    private const double Log2E = 1.4426950408889634;
    private const double Ln2High = 0.6931471803691238; // ln 2 in two parts: a multiple of the first by a small integer is exact.
    private const double Ln2Low = 1.9082149292705877e-10;
    private const double Sqrt2 = 1.4142135623730951;
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double SplitFactor = 134217729; // 2^27 + 1
    private const double LargestExponent = 709.7;

    /// <summary>v^e for v &gt;= 0; 0 at v = 0, whatever e. Above e^709.7 it is cut off there.</summary>
    public static double Power(double v, double e)
    {
        if (double.IsNaN(v) || v <= 0)
        {
            return v == 0 ? 0.0 : double.NaN;
        }

        var (high, low) = Log(Math.Min(v, double.MaxValue));
        var product = e * high;
        var rest = ProductError(e, high, product) + (e * low);
        return product < -745 ? 0.0 : product > LargestExponent ? Exp(LargestExponent) : Exp(product) * (1 + rest);
    }

    /// <summary>e^t, cut off above e^709.7; 0 below e^-745.</summary>
    public static double Exponential(double t) => t < -745 ? 0.0 : Exp(Math.Min(t, LargestExponent));

    /// <summary>ln v, for finite v &gt; 0.</summary>
    public static double Logarithm(double v) => Log(v).High;

    /// <summary>The e of 2^e &lt;= |v| &lt; 2^(e+1), for finite v; -1023 below the smallest normal number.</summary>
    public static int Exponent(double v) => (int)((BitConverter.DoubleToInt64Bits(v) >> 52) & 0x7FF) - 1023;

    /// <summary>ln y as an unevaluated sum, for y &gt; 0: y = m 2^k with m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh((m - 1)/(m + 1)).</summary>
    private static (double High, double Low) Log(double y)
    {
        var k = -1023;
        if (y < SmallestNormal)
        {
            y *= 1L << 54;
            k -= 54;
        }

        var bits = BitConverter.DoubleToInt64Bits(y);
        k += (int)(bits >> 52);
        var m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (m > Sqrt2)
        {
            m /= 2;
            k++;
        }

        // s = (m - 1)/(m + 1), and what its rounding and that of m + 1 leave.
        var divisor = m + 1;
        var s = (m - 1) / divisor;
        var product = s * divisor;
        var rest = (m - 1 - product - ProductError(s, divisor, product) - (s * (m - (divisor - 1)))) / divisor;

        // The series of artanh(s)/s - 1 in s^2, |s| <= 0.172.
        var q = s * s;
        var series = 1.0 / 23;
        series = (series * q) + (1.0 / 21);
        series = (series * q) + (1.0 / 19);
        series = (series * q) + (1.0 / 17);
        series = (series * q) + (1.0 / 15);
        series = (series * q) + (1.0 / 13);
        series = (series * q) + (1.0 / 11);
        series = (series * q) + (1.0 / 9);
        series = (series * q) + (1.0 / 7);
        series = (series * q) + (1.0 / 5);
        series = ((series * q) + (1.0 / 3)) * q;

        var (a, b) = (k * Ln2High, 2 * s);
        var sum = a + b;
        var from = sum - a;
        var error = a - (sum - from) + (b - from);
        var low = error + ((k * Ln2Low) + ((2 * rest) + (2 * s * series)));
        var high = sum + low;
        return (high, low - (high - sum));
    }

    /// <summary>e^t for |t| up to 745: t = k ln 2 + r with |r| at most ln(2)/2, and e^r as its series.</summary>
    private static double Exp(double t)
    {
        var k = (int)((t * Log2E) + (t < 0 ? -0.5 : 0.5));
        var r = t - (k * Ln2High) - (k * Ln2Low);
        var series = 1.0 / 6227020800;
        series = (series * r) + (1.0 / 479001600);
        series = (series * r) + (1.0 / 39916800);
        series = (series * r) + (1.0 / 3628800);
        series = (series * r) + (1.0 / 362880);
        series = (series * r) + (1.0 / 40320);
        series = (series * r) + (1.0 / 5040);
        series = (series * r) + (1.0 / 720);
        series = (series * r) + (1.0 / 120);
        series = (series * r) + (1.0 / 24);
        series = (series * r) + (1.0 / 6);
        series = (series * r) + (1.0 / 2);
        series = 1 + (r + (r * r * series));
        return series * TwoTo(k / 2) * TwoTo(k - (k / 2)); // In two steps: 2^k may be below the smallest normal number.
    }

    /// <summary>2^k, for k from -1022 to 1023.</summary>
    public static double TwoTo(int k) => BitConverter.Int64BitsToDouble((long)(k + 1023) << 52);

    /// <summary>a b - product, exactly, where product is a b rounded (Dekker 1971).</summary>
    private static double ProductError(double a, double b, double product)
    {
        var (aHigh, aLow) = Split(a);
        var (bHigh, bLow) = Split(b);
        return (aHigh * bHigh) - product + (aHigh * bLow) + (aLow * bHigh) + (aLow * bLow);
    }

    private static (double High, double Low) Split(double x)
    {
        var scaled = SplitFactor * x;
        var high = scaled - (scaled - x);
        return (high, x - high);
    }
}
