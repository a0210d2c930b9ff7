namespace SparseTopK.Kernels;

/// <summary>A 16-bit float with the range of a float and 8 significant bits (bfloat16): an element type of <see cref="GpuTopK"/>, which .NET 10 lacks.</summary>
/// <param name="Bits">The upper 16 bits of the same number as a float: the memory of a torch tensor of bfloat16 is an array of these.</param>
/// <remarks>It is for storage: compute with the float that it converts to. Equality is that of the bits.</remarks>
public readonly record struct BFloat16(ushort Bits)
{
    /// <summary>The same number as a float.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator float(BFloat16 value) => BitConverter.Int32BitsToSingle(value.Bits << 16);

    /// <summary>The nearest number, ties to even; NaN stays, and what is beyond the range becomes an infinity.</summary>
    /// <param name="value">The float.</param>
    public static explicit operator BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return new((ushort)(float.IsNaN(value) ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The same number as a float.</summary>
    public float ToSingle() => this;

    /// <summary>The nearest number, ties to even; NaN stays, and what is beyond the range becomes an infinity.</summary>
    /// <param name="value">The float.</param>
    /// <returns>The number.</returns>
    public static BFloat16 FromSingle(float value) => (BFloat16)value;

    /// <summary>The number as a float's text.</summary>
    public override string ToString() => ToSingle().ToString(System.Globalization.CultureInfo.InvariantCulture);
}
