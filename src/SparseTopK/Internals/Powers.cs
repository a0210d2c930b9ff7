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
}

/// <summary>The same over vectors, so that loops are compiled for each exponent.</summary>
internal interface IPower : IScalarPower
{
    /// <summary>v^a for v &gt;= 0.</summary>
    Vector<T> Raise<T>(Vector<T> v);

    /// <summary>v^(1/a) = v^(p-1) for v &gt; 0: the inverse of Raise.</summary>
    Vector<double> Root(Vector<double> v);

    /// <summary>v^(a-1) for v &gt; 0, and 0 at v = 0: the derivative of v^a, over a.</summary>
    Vector<double> Slope(Vector<double> v);
}

/// <summary>a = 1: p = 2.</summary>
internal readonly struct FirstPower : IPower
{
    public double Raise(double v) => v;

    public double Root(double v) => v;

    public double Slope(double v) => v > 0 ? 1.0 : 0.0;

    public Vector<double> Root(Vector<double> v) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) =>
        Vector.ConditionalSelect(Vector.GreaterThan(v, Vector<double>.Zero), Vector<double>.One, Vector<double>.Zero);
}

/// <summary>a = 2: p = 3/2.</summary>
internal readonly struct SecondPower : IPower
{
    public double Raise(double v) => v * v;

    public double Root(double v) => Math.Sqrt(v);

    public double Slope(double v) => v;

    public Vector<double> Root(Vector<double> v) => Vector.SquareRoot(v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v * v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) => v;
}

/// <summary>a = 3: p = 4/3.</summary>
internal readonly struct ThirdPower : IPower
{
    public double Raise(double v) => v * v * v;

    public double Root(double v) => PortablePower.Cbrt(v);

    public double Slope(double v) => v * v;

    /// <summary>The cube root: exp(log(v)/3), and a Newton step for its last digits. Near 0 the guess stays positive.</summary>
    public Vector<double> Root(Vector<double> v)
    {
        var c = Vector.Max(RealPower.Power(v, 1.0 / 3), Vector.Create(1e-103));
        return c - ((c - (v / (c * c))) / 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Raise<T>(Vector<T> v) => v * v * v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Slope(Vector<double> v) => v * v;
}

/// <summary>Any other exponent, as exp(a log v).</summary>
internal readonly struct RealPower(double exponent) : IPower
{
    /// <summary>Above every slope: keeps products with it finite where the derivative is not (p &gt; 2).</summary>
    public const double LargestSlope = 1e150;

    private const double LeastNormal = 2.2250738585072014E-308;

    public double Raise(double v) => PortablePower.Power(v, exponent);

    public double Root(double v) => PortablePower.Power(v, 1 / exponent);

    public double Slope(double v) => Math.Min(PortablePower.Power(v, exponent - 1), LargestSlope);

    public Vector<double> Root(Vector<double> v) => Power(v, 1 / exponent);

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
