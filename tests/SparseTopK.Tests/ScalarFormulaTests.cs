using System.Numerics;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.TestKit;
using SparseTopK.Thresholding;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Formulas that are there for one number, which kernels call, and for a vector of them: both say the same.</summary>
public class ScalarFormulaTests
{
    private static readonly double[] Points = [0, 1e-300, 1e-12, 0.1, 0.3, 0.5, 0.9999, 1, 1.5, 7, 1e5];

    [Theory]
    [InlineData(-3.7)]
    [InlineData(-1)]
    [InlineData(1e-3)]
    [InlineData(0.5)]
    [InlineData(2.0 / 3)]
    [InlineData(1)]
    [InlineData(2.5)]
    [InlineData(17)]
    [InlineData(1000)]
    public void The_portable_power_is_that_of_dotnet_to_a_few_units_in_the_last_place(double e)
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var v = Math.Exp((random.NextDouble() - 0.5) * (i % 2 == 0 ? 2 : 1400));
            var expected = Math.Pow(v, e);
            if (double.IsNormal(expected) && expected < 1e307)
            {
                Assert.Equal(expected, PortablePower.Power(v, e), (4 + Math.Abs(Math.Log(expected) / 25)) * (Math.BitIncrement(expected) - expected));
            }
        }

        Assert.Equal(0, PortablePower.Power(0, e));
        Assert.Equal(1, PortablePower.Power(1, e));
        Assert.Equal(double.NaN, PortablePower.Power(double.NaN, e));
        Assert.True(double.IsFinite(PortablePower.Power(double.PositiveInfinity, e)));
        Assert.True(double.IsFinite(PortablePower.Power(double.Epsilon, e)));
    }

    [Theory]
    [InlineData(-3.7)]
    [InlineData(1e-12)]
    [InlineData(0.2)]
    [InlineData(2)]
    [InlineData(17.3)]
    [InlineData(1e5)]
    [InlineData(1e290)]
    public void The_portable_power_has_the_same_bits_in_every_lane_of_a_vector(double e)
    {
        double[] ends =
        [
            0, -0.0, -1, double.NaN, double.NegativeInfinity, double.PositiveInfinity, double.MaxValue, double.Epsilon, 1e-310, 2.2250738585072014e-308,
            0.5, Math.BitDecrement(1), 1, Math.BitIncrement(1), Math.Sqrt(2), Math.BitIncrement(Math.Sqrt(2)), 2,
        ];
        var random = new Random(3);
        Span<double> lanes = stackalloc double[Vector<double>.Count];
        for (var i = 0; i < 20_000; i++)
        {
            foreach (ref var lane in lanes)
            {
                lane = random.Next(8) == 0 ? ends[random.Next(ends.Length)] : Math.Exp((random.NextDouble() - 0.5) * (i % 2 == 0 ? 2 : 1400 / (1 + Math.Abs(e))));
            }

            var powers = PortablePower.Power(new Vector<double>(lanes), e);
            for (var lane = 0; lane < lanes.Length; lane++)
            {
                var expected = PortablePower.Power(lanes[lane], e);
                Assert.True(powers[lane].Equals(expected), $"{lanes[lane]:R}^{e}: {powers[lane]:R}, and {expected:R} of one number.");
            }
        }
    }

    [Fact]
    public void The_portable_cube_root_is_that_of_dotnet_to_four_units_in_the_last_place()
    {
        var random = new Random(2);
        for (var i = 0; i < 20_000; i++)
        {
            var v = Math.Exp((random.NextDouble() - 0.5) * 1400) * (i % 2 == 0 ? 1 : -1);
            var expected = Math.Cbrt(v);
            Assert.Equal(expected, CubeRoot.Of(v), 4 * Math.Abs(Math.BitIncrement(expected) - expected));
        }

        Assert.Equal(0, CubeRoot.Of(0));
        Assert.Equal(Math.Cbrt(double.Epsilon), CubeRoot.Of(double.Epsilon), 1e-120);
        Assert.Equal(Math.Cbrt(double.MaxValue), CubeRoot.Of(double.MaxValue), 1e90);
        Assert.Equal(double.PositiveInfinity, CubeRoot.Of(double.PositiveInfinity));
    }

    [Fact]
    public void A_power_of_one_number_is_that_of_a_vector()
    {
        Check(default(FirstPower));
        Check(default(SecondPower));
        Check(default(ThirdPower));
        Check(new RealPower(1.7));
        Check(new RealPower(0.4));

        static void Check<TPower>(TPower power)
            where TPower : struct, IPower
        {
            foreach (var v in Points.Where(v => v is 0 or > 1e-290))
            {
                Near(power.Raise(Vector.Create(v))[0], power.Raise(v));
                Near(power.Slope(Vector.Create(v))[0], power.Slope(v));
                Near(v == 0 ? 0 : power.Root(Vector.Create(v))[0], power.Root(v));
            }
        }
    }

    [Fact]
    public void An_entry_of_the_output_is_that_of_the_row()
    {
        Check<MaskOperator>(Root.Interior(0.1, 0.03, 0.6));
        Check<MagnitudeOperator>(Root.Interior(0.1, 0.03, 0.6));

        static void Check<TOperator>(Root root)
            where TOperator : struct, ITopKOperator
        {
            var x = Inputs.Normal(40, 3);
            var row = new double[40];
            Output.Write<double, TOperator, ThirdPower>(x, row, root, default);
            var entry = new ScalarEntry<TOperator, ThirdPower>(root, default);
            for (var i = 0; i < x.Length; i++)
            {
                Near(row[i], entry.Invoke(x[i]));
                Near(double.CreateTruncating(TOperator.Whole(new Vector<double>(x[i]))[0]), TOperator.Whole(x[i]));
                Near(TOperator.Key(new Vector<double>(x[i]))[0], TOperator.Key(x[i]));
            }
        }
    }

    [Fact]
    public void The_terms_and_products_of_one_entry_are_those_of_a_vector()
    {
        var norm = new PNorm(1.5, 0.4);
        Check(new MaskJacobian<FirstPower>(PNorm.Quadratic(0.4), default));
        Check(new MaskJacobian<SecondPower>(norm, default));
        foreach (var gamma in new[] { 0, 0.2, double.PositiveInfinity })
        {
            Check(new MagnitudeJacobian<SecondPower, VectorJacobian>(norm, default).ForRow(gamma, 3));
            Check(new MagnitudeJacobian<SecondPower, JacobianVector>(norm, default).ForRow(gamma, 3));
        }

        static void Check<TJacobian>(TJacobian jacobian)
            where TJacobian : struct, IJacobian<TJacobian>
        {
            foreach (var point in Points.Concat(Points.Select(v => -v)).Append(double.NaN))
            {
                var sums = default(Sums);
                var weight = jacobian.Weigh(Vector.Create(point), jacobian.Bounds);
                jacobian.Add(Vector.Create(point), weight, Vector.Create(0.7), jacobian.Bounds, ref sums);
                var terms = jacobian.Terms(point, 0.7);
                Near(sums.Weights[0], terms.Weights);
                Near(sums.Products[0], terms.Products);
                Near(sums.Saturated[0], terms.Saturated);
                if (!double.IsNaN(point))
                {
                    Near(jacobian.Apply(Vector.Create(point), weight, Vector.Create(0.7), jacobian.Bounds, Vector.Create(0.3))[0], jacobian.Apply(point, 0.7, 0.3));
                }
            }
        }
    }

    private static void Near(double expected, double actual)
    {
        if (double.IsNaN(expected))
        {
            Assert.Equal(double.NaN, actual);
            return;
        }

        Assert.Equal(expected, actual, 1e-13 * Math.Abs(expected));
    }
}
