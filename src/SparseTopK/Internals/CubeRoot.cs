using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseTopK.Internals;

/// <summary>The cube root without a division, of one number and of a vector: the same bits.</summary>
/// <remarks>y near v^(-1/3) is read off the bits of v. With h = 1 - v y^3 the root of 1/v is y (1 - h)^(-1/3): two steps with its series to h^3,
/// and Newton's step on v y^2 for the last digits.</remarks>
internal static class CubeRoot
{
    /// <summary>Smaller numbers are scaled up, so that no product on the way is below the normal ones.</summary>
    private const double Small = 1e-290;

    private const double ScaleUp = 1L << 54;
    private const double ScaleDown = 1.0 / (1 << 18);

    /// <summary>This less a third of the upper half of v's bits are those of v^(-1/3), within 4 %.</summary>
    private const double Guess = 0x553EC780;

    /// <summary>A double from 2^52 to 2^53 has its integer in its lower bits.</summary>
    private const double TwoTo52 = 1L << 52;

    public static double Of(double x)
    {
        var v = Math.Abs(x);
        if (double.IsNaN(v) || v == 0 || v > double.MaxValue)
        {
            return x;
        }

        var scale = v < Small ? ScaleDown : 1.0;
        v = v < Small ? v * ScaleUp : v;
        var upper = (double)(BitConverter.DoubleToInt64Bits(v) >> 32);
        var y = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(Guess - (upper * (1.0 / 3)) + TwoTo52) << 32);
        for (var i = 0; i < 2; i++)
        {
            var h = 1 - (v * y * y * y);
            y += y * h * ((((h * (14.0 / 81)) + (2.0 / 9)) * h) + (1.0 / 3));
        }

        var c = v * y * y;
        var half = 0.5 * c; // c^3 may overflow.
        c -= ((half * half * half) - (0.125 * v)) * (y * y * (8.0 / 3));
        return x < 0 ? -(c * scale) : c * scale;
    }

    /// <param name="x">0 or more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Of(Vector<double> x)
    {
        var small = Vector.LessThan(x, Vector.Create(Small));
        var v = Vector.ConditionalSelect(small, x * ScaleUp, x);
        var two52 = Vector.Create(TwoTo52);
        var upper = ((v.As<double, long>() >>> 32) | two52.As<double, long>()).As<long, double>() - two52;
        var guess = Vector.Create(Guess) - (upper * (1.0 / 3)) + two52;
        var y = (guess.As<double, long>() << 32).As<long, double>();
        for (var i = 0; i < 2; i++)
        {
            var h = Vector<double>.One - (v * y * y * y);
            y += y * h * ((((h * (14.0 / 81)) + Vector.Create(2.0 / 9)) * h) + Vector.Create(1.0 / 3));
        }

        var c = v * y * y;
        var half = 0.5 * c;
        c -= ((half * half * half) - (0.125 * v)) * (y * y * (8.0 / 3));
        c *= Vector.ConditionalSelect(small, Vector.Create(ScaleDown), Vector<double>.One);
        return Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero) & Vector.LessThanOrEqual(x, Vector.Create(double.MaxValue)), c, x);
    }
}
