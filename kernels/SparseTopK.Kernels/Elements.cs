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
    private const double MaxValue = 65504;
    private const double LeastNormal = 1.0 / (1 << 14);
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

    public ushort Store(double value)
    {
        if (double.IsNaN(value))
        {
            return 0x7E00;
        }

        var sign = value < 0 ? 0x8000 : 0;
        var magnitude = Math.Min(Math.Abs(value), MaxValue);
        if (magnitude < LeastNormal)
        {
            // Adding 2^28 leaves a unit of 2^-24 in the last place: the sum is rounded to it, to even.
            const double unit = 1L << 28;
            return (ushort)(sign | (int)((magnitude + unit - unit) / Subnormal));
        }

        // To 10 fraction bits, to even; a carry goes into the exponent, as it should.
        var bits = BitConverter.DoubleToInt64Bits(magnitude);
        bits += (1L << 41) - 1 + ((bits >> 42) & 1);
        return (ushort)(sign | Math.Min((int)(bits >> 42) - ((1023 - 15) << 10), 0x7BFF));
    }
}
