namespace SparseTopK.Kernels.Tests;

/// <summary>The conversions of a 16-bit float by its bits, against .NET's.</summary>
public class ElementTests
{
    [Fact]
    public void Every_half_is_loaded_and_stored_as_dotnet_does()
    {
        var element = default(HalfElement);
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)bits);
            Assert.Equal((double)half, element.Load((ushort)bits));
            var expected = System.Half.IsNaN(half) ? System.Half.NaN : System.Half.IsInfinity(half) ? System.Half.CopySign(System.Half.MaxValue, half) : half;
            Assert.Equal(expected, BitConverter.UInt16BitsToHalf(element.Store((double)half)));
        }
    }

    [Fact]
    public void Every_bfloat16_is_the_float_of_the_same_upper_bits()
    {
        var element = default(BFloat16Element);
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var (value, most) = (BitConverter.Int32BitsToSingle(bits << 16), BitConverter.UInt32BitsToSingle(0x7F7F0000));
            Assert.Equal((double)value, element.Load((ushort)bits));
            Assert.Equal(value, (float)new BFloat16((ushort)bits));
            if (float.IsNaN(value))
            {
                Assert.Equal(0x7FC0, element.Store(value));
                Assert.True(float.IsNaN((BFloat16)value));
                continue;
            }

            Assert.Equal(float.IsInfinity(value) ? float.CopySign(most, value) : value, new BFloat16(element.Store(value)));
            Assert.Equal(bits, ((BFloat16)value).Bits);
        }
    }

    [Fact]
    public void Stores_of_bfloat16_round_once_to_the_nearest_even()
    {
        for (var bits = 0; bits < 0x7F7F; bits++)
        {
            // Exact in a double: two neighbours, the number half-way, and what is next to that in a double alone.
            double low = BitConverter.Int32BitsToSingle(bits << 16), high = BitConverter.Int32BitsToSingle((bits + 1) << 16);
            var half = (low + high) / 2;
            var even = bits + (bits & 1);
            Assert.Equal(even, default(BFloat16Element).Store(half));
            Assert.Equal(bits, default(BFloat16Element).Store(Math.BitDecrement(half)));
            Assert.Equal(bits + 1, default(BFloat16Element).Store(Math.BitIncrement(half)));
            Assert.Equal(0x8000 | even, default(BFloat16Element).Store(-half));
            Assert.Equal(even, ((BFloat16)(float)half).Bits);
        }

        Assert.Equal(float.PositiveInfinity, (float)(BFloat16)float.MaxValue);
        Assert.Equal("1.5", ((BFloat16)1.5f).ToString());
        Assert.Equal(BFloat16.FromSingle(0.1f).ToSingle(), (float)(BFloat16)0.1f);
    }

    [Fact]
    public void Stores_round_to_the_nearest_even()
    {
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++)
        {
            var value = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-30, 17));
            var expected = (System.Half)value;
            expected = System.Half.IsInfinity(expected) ? System.Half.CopySign(System.Half.MaxValue, expected) : expected;
            Assert.Equal(expected, BitConverter.UInt16BitsToHalf(default(HalfElement).Store(value)));
        }
    }

    [Fact]
    public void What_is_beyond_a_type_is_clamped_and_NaN_stays()
    {
        Assert.Equal(float.MaxValue, default(SingleElement).Store(1e300));
        Assert.Equal(-float.MaxValue, default(SingleElement).Store(double.NegativeInfinity));
        Assert.Equal(float.NaN, default(SingleElement).Store(double.NaN));
        Assert.Equal(double.MaxValue, default(DoubleElement).Store(double.PositiveInfinity));
        Assert.Equal(double.NaN, default(DoubleElement).Store(double.NaN));
    }
}
