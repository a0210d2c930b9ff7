using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseTopK.Internals;

/// <summary>The power v^a, a = 1/(p-1), of one number: one struct per exponent, from operations that every processor has.</summary>
/// <remarks>ILGPU compiles these, and the other formulas of one number, for GPUs. Two rules follow from its release 1.5.3: the sides of a
/// conditional are written as doubles (<c>1.0</c>, not <c>1</c>: it would take the integer's bits), and where an operand may be NaN,
/// <c>double.IsNaN</c> is asked first (comparisons with NaN may go either way).</remarks>
internal interface IScalarPower
{
    /// <summary>v^a for v &gt;= 0.</summary>
    double Raise(double v);

    /// <summary>v^(1/a) = v^(p-1) for v &gt;= 0: the inverse of Raise.</summary>
    double Root(double v);

    /// <summary>v^(a-1) for v &gt; 0, and 0 at v = 0: the derivative of v^a, over a.</summary>
    double Slope(double v);

    /// <summary>y^(2-p) for y &gt; 0: the slope v^(a-1) where y = v^a.</summary>
    double SlopeAt(double y);
}

/// <summary>The same over vectors, so that loops are compiled for each exponent.</summary>
internal interface IPower : IScalarPower
{
    /// <summary>v^a for v &gt;= 0.</summary>
    Vector<T> Raise<T>(Vector<T> v);

    /// <summary>v^(1/a) = v^(p-1) for v &gt; 0: the inverse of Raise. Each has the bits of the root of one number.</summary>
    Vector<double> Root(Vector<double> v);

    /// <summary>v^(a-1) for v &gt; 0, and 0 at v = 0: the derivative of v^a, over a.</summary>
    Vector<double> Slope(Vector<double> v);

    /// <summary>y^(2-p) for y &gt; 0: the slope v^(a-1) where y = v^a.</summary>
    Vector<double> SlopeAt(Vector<double> y);

    /// <summary>Whether float holds every v whose v^a is not next to 0.</summary>
    bool FitsSingle { get; }

    /// <summary>A step from where sum v^a is S to where it is T, its target: Newton's of the norm S^(1/a) - T^(1/a), or near it.</summary>
    /// <param name="residual">S - T.</param>
    /// <param name="slope">How fast S falls.</param>
    /// <param name="sum">S.</param>
    /// <param name="target">T.</param>
    Vector<double> NormStep(Vector<double> residual, Vector<double> slope, Vector<double> sum, Vector<double> target);
}

/// <summary>a = 1: p = 2.</summary>
internal readonly struct FirstPower : IPower
{
    public bool FitsSingle => true;

    public double Raise(double v) => v;

    public double Root(double v) => v;

    public double Slope(double v) => v > 0 ? 1.0 : 0.0;

    public double SlopeAt(double y) => 1;

    public Vector<double> Root(Vector<double> v) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) => Vector<double>.One & Vector.GreaterThan(v, Vector<double>.Zero).As<long, double>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> SlopeAt(Vector<double> y) => Vector<double>.One;

    public Vector<double> NormStep(Vector<double> residual, Vector<double> slope, Vector<double> sum, Vector<double> target) =>
        residual / slope;
}

/// <summary>a = 2: p = 3/2.</summary>
internal readonly struct SecondPower : IPower
{
    public bool FitsSingle => true;

    public double Raise(double v) => v * v;

    public double Root(double v) => Math.Sqrt(v);

    public double Slope(double v) => v;

    public double SlopeAt(double y) => Math.Sqrt(y);

    public Vector<double> Root(Vector<double> v) => Vector.SquareRoot(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v * v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> SlopeAt(Vector<double> y) => Vector.SquareRoot(y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> NormStep(Vector<double> residual, Vector<double> slope, Vector<double> sum, Vector<double> target)
    {
        var (s, t) = (Vector.SquareRoot(sum), Vector.SquareRoot(Vector.Max(target, Vector<double>.Zero)));
        return residual * (s + s) / (slope * (s + t));
    }
}

/// <summary>a = 3: p = 4/3.</summary>
internal readonly struct ThirdPower : IPower
{
    public bool FitsSingle => true;

    public double Raise(double v) => v * v * v;

    public double Root(double v) => CubeRoot.Of(v);

    public double Slope(double v) => v * v;

    public double SlopeAt(double y) => Slope(Root(y));

    public Vector<double> Root(Vector<double> v) => CubeRoot.Of(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v * v * v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) => v * v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> SlopeAt(Vector<double> y) => Slope(Root(y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> NormStep(Vector<double> residual, Vector<double> slope, Vector<double> sum, Vector<double> target)
    {
        // 3/(1 + r + r^2) of Newton's step of S, r the cube root of T/S; Halley's step from 1 for it is (S + 2T)/(2S + T).
        var t = Vector.Max(target, Vector<double>.Zero);
        var (s, r) = (sum + sum + t, sum + t + t);
        return 3 * residual * s * s / (slope * ((s * s) + (s * r) + (r * r)));
    }
}

/// <summary>Any other exponent, as exp(a log v).</summary>
internal readonly struct RealPower(double exponent) : IPower
{
    /// <summary>Above every slope: keeps products with it finite where the derivative is not (p &gt; 2).</summary>
    public const double LargestSlope = 1e150;

    /// <summary>Above it, and where p is the largest double 1/a is, a power is 0, 1 or beyond float64 whatever the exponent.</summary>
    private const double LargestExponent = 1e290;

    private const double LeastNormal = 2.2250738585072014E-308;

    public bool FitsSingle => exponent >= 0.2;

    public double Raise(double v) => PortablePower.Power(v, exponent);

    public double Root(double v) => PortablePower.Power(v, Math.Min(1 / exponent, LargestExponent));

    public double Slope(double v) => Math.Min(PortablePower.Power(v, exponent - 1), LargestSlope);

    public double SlopeAt(double y) => Math.Min(PortablePower.Power(y, 1 - Math.Min(1 / exponent, LargestExponent)), LargestSlope);

    /// <summary>The root with the bits of the portable one: what is saturated is decided by its last digit, and must be the same on every path.</summary>
    public Vector<double> Root(Vector<double> v) => PortablePower.Power(v, Math.Min(1 / exponent, LargestExponent));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v)
    {
        if (typeof(T) == typeof(float))
        {
            Vector.Widen((Vector<float>)(object)v, out var lower, out var upper);
            return (Vector<T>)(object)Vector.Narrow(Raise(lower), Raise(upper));
        }

        return (Vector<T>)(object)Power((Vector<double>)(object)v, exponent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) =>
        Vector.Min(Power(v, exponent - 1), Vector.Create(LargestSlope));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> SlopeAt(Vector<double> y) =>
        Vector.Min(Power(y, 1 - (1 / exponent)), Vector.Create(LargestSlope));

    public Vector<double> NormStep(Vector<double> residual, Vector<double> slope, Vector<double> sum, Vector<double> target) =>
        residual / slope;

    /// <summary>v^e for normal v &gt; 0, and 0 elsewhere, for any real e; powers beyond 1e-304 and 1e304 are cut off there.</summary>
    /// <remarks>No lane reaches Exp or Log with an argument that they treat apart: they would then treat every lane apart, and
    /// an entry's result would depend on its neighbours.</remarks>
    public static Vector<double> Power(Vector<double> v, double e)
    {
        var normal = Vector.GreaterThanOrEqual(v, Vector.Create(LeastNormal));
        if (!Vector.AnyWhereAllBitsSet(normal))
        {
            return Vector<double>.Zero;
        }

        var inner = Vector.Min(Vector.ConditionalSelect(normal, v, Vector<double>.One), Vector.Create(1e300));
        var exponent = Vector.Create(e) * Vector.Log(inner);
        var power = Vector.Exp(Vector.Min(Vector.Max(exponent, Vector.Create(-700.0)), Vector.Create(700.0)));
        return Vector.ConditionalSelect(normal & Vector.GreaterThan(exponent, Vector.Create(-700.0)), power, Vector<double>.Zero);
    }
}
