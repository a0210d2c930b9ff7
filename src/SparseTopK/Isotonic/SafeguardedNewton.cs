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
        where TFunction : IDecreasing, allows ref struct
    {
        var (lastStep, stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < 200; i++)
        {
            var (residual, slope, noise) = function.Evaluate(d);
            (low, high) = residual >= 0 ? (d, high) : (low, d);
            var step = residual / slope;
            var next = d + step;
            if (Math.Abs(residual) <= noise && slope > 0 && double.IsFinite(slope))
            {
                return Math.Clamp(next, low, high);
            }

            if (next == d)
            {
                return d;
            }

            if (!(next > low && next < high && Math.Abs(step) <= 0.5 * stepBefore && double.IsFinite(slope)))
            {
                next = (0.5 * low) + (0.5 * high);
                step = next - d;
            }

            if (!(next > low && next < high))
            {
                return residual == 0 ? d : next;
            }

            (lastStep, stepBefore) = (Math.Abs(step), lastStep);
            d = next;
        }

        return d;
    }
}
