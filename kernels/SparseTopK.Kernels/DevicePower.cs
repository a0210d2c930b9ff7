namespace SparseTopK.Kernels;

/// <summary>The real power, from operations that every ILGPU back end has: ILGPU itself has no float64 power on CUDA.</summary>
internal static class DevicePower
{
    private const double Log2E = 1.4426950408889634;
    private const double Ln2High = 0.6931471803691238; // ln 2 in two parts: a multiple of the first by a small integer is exact.
    private const double Ln2Low = 1.9082149292705877e-10;
    private const double Sqrt2 = 1.4142135623730951;
    private const double SmallestNormal = 2.2250738585072014e-308;

    /// <summary>y^e for 0 &lt; y &lt; 1 and 0 &lt;= e &lt;= 1, to a relative error of a few |ln y| units in the last place.</summary>
    public static double Power(double y, double e) => e == 0 ? 1 : Exp(e * Log(y));

    /// <summary>ln y for y &gt; 0: y = m 2^k with m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh((m - 1)/(m + 1)) as its series.</summary>
    private static double Log(double y)
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

        var s = (m - 1) / (m + 1);
        var (square, series) = (s * s, 0.0);
        for (var i = 23; i > 1; i -= 2)
        {
            series = (series + (1.0 / i)) * square;
        }

        return (k * Ln2High) + ((k * Ln2Low) + (2 * s * (1 + series)));
    }

    /// <summary>e^t for -745 &lt; t &lt;= 0: t = k ln 2 + r with |r| at most ln(2)/2, and e^r as its series.</summary>
    private static double Exp(double t)
    {
        var k = (int)((t * Log2E) - 0.5);
        var r = t - (k * Ln2High) - (k * Ln2Low);
        var series = 1.0;
        for (var i = 14; i > 0; i--)
        {
            series = 1 + (series * r / i);
        }

        return series * TwoTo(k / 2) * TwoTo(k - (k / 2)); // In two steps: 2^k may be below the smallest normal number.
    }

    private static double TwoTo(int k) => BitConverter.Int64BitsToDouble((long)(k + 1023) << 52);
}
