namespace SparseTopK.Kernels.Tests;

public class DevicePowerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1e-3)]
    [InlineData(0.5)]
    [InlineData(2.0 / 3)]
    [InlineData(0.999)]
    [InlineData(1)]
    public void It_agrees_with_the_power_of_dotnet(double e)
    {
        for (var y = 0.9999999; y > 0; y *= y > 1e-3 ? 0.993 : 0.37)
        {
            var expected = Math.Pow(y, e);
            var ulps = Math.Max(1, -Math.Log(y)) * 4 * Math.ScaleB(1, -52);
            Assert.Equal(expected, DevicePower.Power(y, e), (ulps * expected) + double.Epsilon);
        }

        Assert.Equal(1, DevicePower.Power(1 - Math.ScaleB(1, -53), e), 1e-15);
    }
}
