using SparseTopK.Internals;

namespace SparseTopK.Kernels.Ordering;

/// <summary>c of an entry: what its direction weighs in the average of its block.</summary>
internal interface IOrderShare
{
    /// <summary>Whether all of them are 1.</summary>
    static abstract bool IsEqual { get; }

    /// <summary>Whether they are the diagonal of the Jacobian as well.</summary>
    static abstract bool IsDiagonal { get; }

    /// <param name="point">The entry.</param>
    /// <param name="first">The first entry of its block.</param>
    double Of(double point, double first);
}

/// <summary>Quadratic regularization.</summary>
internal readonly struct EqualShare : IOrderShare
{
    public static bool IsEqual => true;

    public static bool IsDiagonal => false;

    public double Of(double point, double first) => 1.0;
}

/// <summary>Entropic regularization: exp of the key times a scale, over that of the block's first.</summary>
internal readonly struct ExponentialShare(double sign, double scale) : IOrderShare
{
    public static bool IsEqual => false;

    public static bool IsDiagonal => false;

    public double Of(double point, double first) => PortablePower.Exponential(((sign * point) - (sign * first)) * scale);
}

/// <summary>A p-norm: d_i = |y_i|^(2-p)/(lambda (p-1)); where that is infinite (p &gt; 2, y_i = 0), the largest slope.</summary>
/// <param name="scale">a/lambda.</param>
/// <param name="isSteep">Not 0 where p is above 2.</param>
/// <param name="power">The power of a.</param>
internal readonly struct SlopeShare<TPower>(double scale, int isSteep, TPower power) : IOrderShare
    where TPower : unmanaged, IScalarPower
{
    public static bool IsEqual => false;

    public static bool IsDiagonal => true;

    public double Of(double point, double first)
    {
        var y = Math.Abs(point);
        var slope = power.SlopeAt(y);
        return isSteep != 0 && (y == 0 || slope >= RealPower.LargestSlope)
            ? RealPower.LargestSlope
            : Math.Min(scale * slope, RealPower.LargestSlope);
    }
}
