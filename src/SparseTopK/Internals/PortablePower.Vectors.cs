using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace SparseTopK.Internals;

/// <summary>The power of one number per lane. Each step rounds as that of a single number does, so that every lane has its bits.</summary>
internal static partial class PortablePower
{
    /// <summary>2^52 + 2^51: added to a whole number below 2^51, its last bits are that number.</summary>
    private const double WholeBits = 6755399441055744;

    /// <inheritdoc cref="Power(double, double)"/>
    public static Vector<double> Power(Vector<double> v, double e)
    {
        Log(Vector.MinNative(v, Vector.Create(double.MaxValue)), out var high, out var low);
        var exponent = Vector.Create(e);
        var product = exponent * high;
        var rest = ProductError(exponent, high, product) + (exponent * low);
        var isLarge = Vector.GreaterThan(product, Vector.Create(LargestExponent));
        rest = Vector.AndNot(rest, isLarge.As<long, double>());

        var inRange = Vector.MinNative(Vector.MaxNative(product, Vector.Create(-745.0)), Vector.Create(LargestExponent));
        var power = Vector.AndNot(Exp(inRange) * (Vector<double>.One + rest), Vector.LessThan(product, Vector.Create(-745.0)).As<long, double>());
        var other = Vector.ConditionalSelect(Vector.Equals(v, Vector<double>.Zero), Vector<double>.Zero, Vector.Create(double.NaN));
        return Vector.ConditionalSelect(Vector.GreaterThan(v, Vector<double>.Zero), power, other);
    }

    /// <inheritdoc cref="Log(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Log(Vector<double> y, out Vector<double> high, out Vector<double> low)
    {
        var isSmall = Vector.LessThan(y, Vector.Create(SmallestNormal));
        y = Vector.ConditionalSelect(isSmall, y * Vector.Create((double)(1L << 54)), y);
        var k = Vector.Create(-1023.0) - (Vector.Create(54.0) & isSmall.As<long, double>());

        var bits = y.As<double, long>();
        k += Whole(bits >> 52);
        var m = ((bits & Vector.Create(0xFFFFFFFFFFFFF)) | Vector.Create(0x3FF0000000000000)).As<long, double>();
        var isAbove = Vector.GreaterThan(m, Vector.Create(Sqrt2));
        m = Vector.ConditionalSelect(isAbove, m * Vector.Create(0.5), m);
        k += Vector<double>.One & isAbove.As<long, double>();

        var divisor = m + Vector<double>.One;
        var less = m - Vector<double>.One;
        var s = less / divisor;
        var product = s * divisor;
        var rest = (less - product - ProductError(s, divisor, product) - (s * (m - (divisor - Vector<double>.One)))) / divisor;

        var q = s * s;
        var series = Vector.Create(1.0 / 23);
        series = (series * q) + Vector.Create(1.0 / 21);
        series = (series * q) + Vector.Create(1.0 / 19);
        series = (series * q) + Vector.Create(1.0 / 17);
        series = (series * q) + Vector.Create(1.0 / 15);
        series = (series * q) + Vector.Create(1.0 / 13);
        series = (series * q) + Vector.Create(1.0 / 11);
        series = (series * q) + Vector.Create(1.0 / 9);
        series = (series * q) + Vector.Create(1.0 / 7);
        series = (series * q) + Vector.Create(1.0 / 5);
        series = ((series * q) + Vector.Create(1.0 / 3)) * q;

        var (a, b) = (k * Vector.Create(Ln2High), s + s);
        var sum = a + b;
        var from = sum - a;
        var error = a - (sum - from) + (b - from);
        low = error + ((k * Vector.Create(Ln2Low)) + (rest + rest + ((s + s) * series)));
        high = sum + low;
        low -= high - sum;
    }

    /// <inheritdoc cref="Exp(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Exp(Vector<double> t)
    {
        var half = Vector.ConditionalSelect(Vector.LessThan(t, Vector<double>.Zero), Vector.Create(-0.5), Vector.Create(0.5));
        var k = Vector.Truncate((t * Vector.Create(Log2E)) + half);
        var r = t - (k * Vector.Create(Ln2High)) - (k * Vector.Create(Ln2Low));
        var series = Vector.Create(1.0 / 6227020800);
        series = (series * r) + Vector.Create(1.0 / 479001600);
        series = (series * r) + Vector.Create(1.0 / 39916800);
        series = (series * r) + Vector.Create(1.0 / 3628800);
        series = (series * r) + Vector.Create(1.0 / 362880);
        series = (series * r) + Vector.Create(1.0 / 40320);
        series = (series * r) + Vector.Create(1.0 / 5040);
        series = (series * r) + Vector.Create(1.0 / 720);
        series = (series * r) + Vector.Create(1.0 / 120);
        series = (series * r) + Vector.Create(1.0 / 24);
        series = (series * r) + Vector.Create(1.0 / 6);
        series = (series * r) + Vector.Create(1.0 / 2);
        series = Vector<double>.One + (r + (r * r * series));
        var first = Vector.Truncate(k * Vector.Create(0.5));
        return series * TwoTo(first) * TwoTo(k - first);
    }

    /// <inheritdoc cref="TwoTo(int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> TwoTo(Vector<double> k) =>
        ((k + Vector.Create(WholeBits + 1023)).As<double, long>() << 52).As<long, double>();

    /// <summary>A whole number from 0 below 2^51, as a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Whole(Vector<long> number) =>
        (number + Vector.Create(WholeBits).As<double, long>()).As<long, double>() - Vector.Create(WholeBits);

    /// <inheritdoc cref="ProductError(double, double, double)"/>
    /// <remarks>A fused multiply and add has the same bits: the error is a double. Where the processor has none, it would be a call for each lane.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> ProductError(Vector<double> a, Vector<double> b, Vector<double> product)
    {
        if (Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported)
        {
            return Vector.FusedMultiplyAdd(a, b, -product);
        }

        Split(a, out var aHigh, out var aLow);
        Split(b, out var bHigh, out var bLow);
        return (aHigh * bHigh) - product + (aHigh * bLow) + (aLow * bHigh) + (aLow * bLow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split(Vector<double> x, out Vector<double> high, out Vector<double> low)
    {
        var scaled = Vector.Create(SplitFactor) * x;
        high = scaled - (scaled - x);
        low = x - high;
    }
}
