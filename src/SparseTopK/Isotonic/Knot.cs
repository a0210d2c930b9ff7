using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>The root u of u + lambda u^(p-1) = s; see <see cref="PNorm.SaturationKnot(double)"/>.</summary>
internal static class Knot
{
    /// <param name="s">0 or more.</param>
    /// <param name="p">The exponent.</param>
    /// <param name="lambda">The strength.</param>
    /// <param name="power">The power of that exponent.</param>
    public static double Of<TPower>(double s, double p, double lambda, TPower power)
        where TPower : struct, IScalarPower
    {
        if (s == 0 || s > double.MaxValue)
        {
            return s;
        }

        if (p == 2)
        {
            return RoundDownTo(s, s / (1 + lambda), lambda, power);
        }

        // u + R'(u) - s is increasing; concave for p < 2, and convex above. Newton's method is monotone from below its root
        // in the one case and from above it in the other.
        var start = p < 2 ? s / 2 : s;
        var u = Math.Max(double.Epsilon, Math.Min(start, power.Raise(start / lambda)));
        u = p < 2 ? Math.Max(u, s - (lambda * power.Root(s))) : u;
        var most = p < 2 ? s : u;       // a step from a start that is rounded to below the root may lead far beyond it
        for (var i = 0; i < 100; i++)
        {
            var width = lambda * power.Root(u);
            var step = (s - u - width) / (1 + (width * (p - 1) / u));
            u = Math.Max(double.Epsilon, Math.Min(u + step, most));
            if (!(Math.Abs(step) > 1e-9 * u))
            {
                break;
            }
        }

        return RoundDownTo(s, u, lambda, power);
    }

    /// <summary>The same of a vector, for a = 1, 2 or 3.</summary>
    /// <param name="s">0 or more.</param>
    /// <param name="lambda">The strength.</param>
    /// <param name="power">The power.</param>
    /// <remarks>In r = u^(p-1) it is r^a + lambda r = s, whose steps take no root. It is convex: Newton's method falls to the root from where one
    /// term alone is s. A last step is of u itself, which has a digit that the power of r has lost.</remarks>
    public static Vector<double> Of<TPower>(Vector<double> s, double lambda, TPower power)
        where TPower : struct, IPower
    {
        var strength = Vector.Create(lambda);
        if (typeof(TPower) == typeof(FirstPower))
        {
            return RoundDownTo(s, s / (Vector<double>.One + strength), lambda, power);
        }

        double a = typeof(TPower) == typeof(SecondPower) ? 2 : 3;
        var r = Vector.Min(power.Root(s), s / strength);
        var running = Vector<long>.AllBitsSet;
        for (var i = 0; i < 100 && Vector.AnyWhereAllBitsSet(running); i++)
        {
            var step = (power.Raise(r) - s + (strength * r)) / ((a * power.Slope(r)) + strength);
            r = Vector.ConditionalSelect(running, r - step, r);
            running &= Vector.GreaterThan(Vector.Abs(step), 1e-9 * r);
        }

        var least = Vector.Create(double.Epsilon);
        var u = Vector.Max(power.Raise(r), least);
        var width = strength * power.Root(u);
        u += (s - u - width) / (Vector<double>.One + (width / (a * u)));
        return RoundDownTo(s, Vector.Max(u, least), lambda, power);
    }

    /// <summary>u less the few units in its last place by which rounding may have put u + R'(u) above s.</summary>
    private static double RoundDownTo<TPower>(double s, double u, double lambda, TPower power)
        where TPower : struct, IScalarPower
    {
        for (var i = 0; i < 64 && u > double.Epsilon && u + (lambda * power.Root(u)) > s; i++)
        {
            u = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(u) - 1);
        }

        return Math.Max(u, double.Epsilon);
    }

    private static Vector<double> RoundDownTo<TPower>(Vector<double> s, Vector<double> u, double lambda, TPower power)
        where TPower : struct, IPower
    {
        var least = Vector.Create(double.Epsilon);
        for (var i = 0; i < 64; i++)
        {
            var above = Vector.GreaterThan(u, least) & Vector.GreaterThan(u + (lambda * power.Root(u)), s);
            if (!Vector.AnyWhereAllBitsSet(above))
            {
                break;
            }

            u = (u.As<double, long>() + above).As<long, double>();
        }

        return Vector.Max(u, least);
    }
}
