using SparseTopK.Internals;

namespace SparseTopK.Kernels;

/// <summary>How a kernel, which computes in float64, reads and writes an entry.</summary>
internal interface IElement<T>
    where T : unmanaged
{
    double Load(T value);

    /// <summary>The nearest T, for what lies in T's range or is NaN.</summary>
    T Round(double value);

    /// <summary>The nearest T, clamped to T's range; NaN stays.</summary>
    T Store(double value);
}

internal readonly struct SingleElement : IElement<float>
{
    public double Load(float value) => value;

    public float Round(double value) => (float)value;

    public float Store(double value) =>
        (float)(double.IsNaN(value) ? value : Math.Min(Math.Max(value, -float.MaxValue), float.MaxValue));
}

internal readonly struct DoubleElement : IElement<double>
{
    public double Load(double value) => value;

    public double Round(double value) => value;

    public double Store(double value) =>
        double.IsNaN(value) ? value : Math.Min(Math.Max(value, -double.MaxValue), double.MaxValue);
}

/// <summary>A 16-bit float (IEEE 754 binary16) by its bits: few devices compute with it, and any can read it.</summary>
internal readonly struct HalfElement : IElement<ushort>
{
    private const double Subnormal = 1.0 / (1 << 24);

    public double Load(ushort bits)
    {
        var (exponent, fraction) = ((bits >> 10) & 31, bits & 1023);
        var magnitude = exponent == 31 ? (fraction == 0 ? double.PositiveInfinity : double.NaN)
            : exponent == 0 ? fraction * Subnormal
            : BitConverter.Int64BitsToDouble(((exponent - 15 + 1023L) << 52) | ((long)fraction << 42));
        return (bits & 0x8000) != 0 ? -magnitude : magnitude;
    }

    public ushort Round(double value) => Store(value);

    public ushort Store(double value) => SixteenBits.Of(value, 10, 15);
}

/// <summary>A <see cref="BFloat16"/> by its bits, which are the upper half of a float's.</summary>
internal readonly struct BFloat16Element : IElement<ushort>
{
    public double Load(ushort bits) => BitConverter.Int32BitsToSingle(bits << 16);

    public ushort Round(double value) => Store(value);

    public ushort Store(double value) => SixteenBits.Of(value, 7, 127);
}

/// <summary>The bits of 16-bit floats: a sign, an exponent and a fraction.</summary>
internal static class SixteenBits
{
    /// <summary>The nearest float, ties to even, clamped to the largest finite one; NaN stays.</summary>
    /// <param name="value">The number.</param>
    /// <param name="fraction">The bits of the fraction.</param>
    /// <param name="bias">What is added to the exponent.</param>
    public static ushort Of(double value, int fraction, int bias)
    {
        var infinity = ((2 * bias) + 1) << fraction;
        if (double.IsNaN(value))
        {
            return (ushort)(infinity | (1 << (fraction - 1)));
        }

        var sign = value < 0 ? 0x8000 : 0;
        var (magnitude, shift) = (Math.Abs(value), 52 - fraction);
        if (magnitude < PortablePower.TwoTo(1 - bias))
        {
            // The unit of the sum's last place is the least subnormal number: the sum is rounded to a multiple of it, to even.
            var unit = PortablePower.TwoTo(53 - bias - fraction);
            return (ushort)(sign | (int)((magnitude + unit - unit) * PortablePower.TwoTo(bias + fraction - 1)));
        }

        // To the bits of the fraction, to even; a carry goes into the exponent, as it should.
        var bits = BitConverter.DoubleToInt64Bits(magnitude);
        bits += (1L << (shift - 1)) - 1 + ((bits >> shift) & 1);
        return (ushort)(sign | Math.Min((int)(bits >> shift) - ((1023 - bias) << fraction), infinity - 1));
    }
}
