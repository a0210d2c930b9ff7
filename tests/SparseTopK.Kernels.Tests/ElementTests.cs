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
