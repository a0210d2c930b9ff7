namespace SparseTopK.Isotonic;

/// <summary>A decreasing function of one variable.</summary>
internal interface IDecreasing
{
    /// <summary>The value at d, its derivative in -d, and the rounding error of the value.</summary>
    (double Residual, double Slope, double Noise) Evaluate(double d);
}

internal static class SafeguardedNewton
{
    /// <summary>The root of a decreasing function to full precision: Newton's method kept inside a bracket, else bisection.</summary>
    public static double Root<TFunction>(TFunction function, double low, double high, double d)
        where TFunction : struct, IDecreasing, allows ref struct
    {
        var (lastStep, stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            var (residual, slope, noise) = function.Evaluate(d);
            (low, high) = residual >= 0 ? (d, high) : (low, d);
            var isSlope = slope > 0 && slope <= double.MaxValue && Math.Abs(residual) <= double.MaxValue;
            var step = isSlope ? residual / slope : 0.0;
            var next = d + step;
            if (isSlope && Math.Abs(residual) <= noise)
            {
                return Math.Max(low, Math.Min(next, high));
            }

            if (isSlope && next == d)
            {
                return d;
            }

            if (!isSlope || next <= low || next >= high || Math.Abs(step) > 0.5 * stepBefore)
            {
                next = (0.5 * low) + (0.5 * high);
                step = next - d;
            }

            if (next <= low || next >= high)
            {
                return residual == 0 ? d : next;
            }

            (lastStep, stepBefore) = (Math.Abs(step), lastStep);
            d = next;
        }

        return d;
    }
}
