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
        for (var i = 0; i < 100; i++)
        {
            var width = lambda * power.Root(u);
            var step = (s - u - width) / (1 + (width * (p - 1) / u));
            u = Math.Max(u + step, double.Epsilon);
            if (!(Math.Abs(step) > 1e-9 * u))
            {
                break;
            }
        }

        return RoundDownTo(s, u, lambda, power);
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
}
