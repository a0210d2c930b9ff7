using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The formulas in which the mask and the magnitude differ.</summary>
internal interface ITopKOperator
{
    /// <summary>Whether the unknown is gamma over the keys |x| (magnitude) or tau over the keys x (mask).</summary>
    static abstract bool Magnitude { get; }

    /// <summary>The key of an entry.</summary>
    static abstract Vector<T> Key<T>(Vector<T> x);

    /// <summary>What an entry that is kept whole becomes.</summary>
    static abstract Vector<T> Whole<T>(Vector<T> x);

    /// <summary>What an entry becomes that lies t &gt;= 0 above theta, v = t/w of the way to saturation.</summary>
    /// <param name="x">The entry.</param>
    /// <param name="t">max(key - theta, 0).</param>
    /// <param name="v">min(t/w, 1).</param>
    /// <param name="share">v^a.</param>
    /// <param name="theta">The root.</param>
    static abstract Vector<T> Value<T>(Vector<T> x, Vector<T> t, Vector<T> v, Vector<T> share, Vector<T> theta);

    /// <summary>The key of one entry.</summary>
    static abstract double Key(double x);

    /// <summary>What one entry that is kept whole becomes.</summary>
    static abstract double Whole(double x);

    /// <inheritdoc cref="Value{T}(Vector{T}, Vector{T}, Vector{T}, Vector{T}, Vector{T})"/>
    static abstract double Value(double x, double t, double v, double share, double theta);
}

/// <summary>Writes one row of the forward pass from its root.</summary>
internal static class Output
{
    /// <summary>Outside of these, float arithmetic may overflow or lose digits on the way, and float64 is used.</summary>
    public const double LeastSingle = 1e-30, MostSingle = 1e30;

    /// <summary>A pair of float holds theta to 48 bits: enough where it is within so many widths of 0.</summary>
    public const double MostWidths = 1 << 20;

    public static void Write<T, TOperator, TPower>(ReadOnlySpan<T> x, Span<T> destination, in Root root, TPower power)
        where T : unmanaged, INumberBase<T>
        where TOperator : struct, ITopKOperator
        where TPower : struct, IPower
    {
        switch (root.Kind)
        {
            case RootKind.Invalid:
                destination.Fill(T.CreateTruncating(double.NaN));
                break;
            case RootKind.Hard:
                Elementwise.Map(x, destination, new HardEntry<T, TOperator>(Vector.Create(Rounding.Up<T>(root.Anchor))));
                break;
            case RootKind.Interior when typeof(T) == typeof(float) && !(power.FitsSingle && FitsSingle(root, TOperator.Magnitude)):
                var single = MemoryMarshal.Cast<T, float>(x);
                var target = MemoryMarshal.Cast<T, float>(destination);
                Elementwise.Map(single, target, new Widened<InteriorEntry<double, TOperator, TPower>>(new(root, power)));
                break;
            default:
                Elementwise.Map(x, destination, new InteriorEntry<T, TOperator, TPower>(root, power));
                break;
        }
    }

    /// <summary>Whether float arithmetic serves.</summary>
    private static bool FitsSingle(in Root root, bool magnitude) =>
        root.Width is > LeastSingle and < MostSingle
            && Math.Abs(root.Threshold) < MostWidths * root.Width
            && (!magnitude || root.Threshold is > LeastSingle and < MostSingle);
}

/// <summary>An entry of a row with a gap: kept whole from the cut up, exactly 0 below.</summary>
internal readonly struct HardEntry<T, TOperator>(Vector<T> cut) : IEntry<T>
    where T : unmanaged
    where TOperator : struct, ITopKOperator
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Invoke(Vector<T> x) =>
        Vector.ConditionalSelect(Vector.GreaterThanOrEqual(TOperator.Key(x), cut), TOperator.Whole(x), Vector<T>.Zero);
}

/// <summary>An entry of a row with an interior solution.</summary>
internal readonly struct InteriorEntry<T, TOperator, TPower> : IEntry<T>
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    private readonly Vector<T> _high;
    private readonly Vector<T> _rest;
    private readonly Vector<T> _inverseWidth;
    private readonly Vector<T> _shift;
    private readonly Vector<T> _theta;
    private readonly TPower _power;

    public InteriorEntry(in Root root, TPower power)
    {
        // theta as an unevaluated sum of two T: anchor and offset as they are in float64, else rounded to T and the rest of it.
        var high = typeof(T) == typeof(double) ? root.Anchor : (float)root.Threshold;
        _high = Vector.Create(T.CreateTruncating(high));
        _rest = Vector.Create(T.CreateTruncating(root.Anchor - high + root.Offset));
        _shift = Vector.Create(T.CreateTruncating(-(root.Anchor - high + root.Offset) / root.Width));
        _inverseWidth = Vector.Create(T.CreateTruncating(1 / root.Width));
        _theta = Vector.Create(T.CreateTruncating(root.Threshold));
        _power = power;
    }

    /// <summary>One row per lane.</summary>
    public InteriorEntry(in LaneRoots lower, in LaneRoots upper, TPower power)
    {
        _theta = Lanes.Narrow<T>(lower.Threshold, upper.Threshold);
        _high = typeof(T) == typeof(double) ? Lanes.Narrow<T>(lower.Anchor, upper.Anchor) : _theta;
        var (first, second) = (Rest(lower), Rest(upper));
        _rest = Lanes.Narrow<T>(first, second);
        _shift = Lanes.Narrow<T>(-first / lower.Width, -second / upper.Width);
        _inverseWidth = Lanes.Narrow<T>(Vector<double>.One / lower.Width, Vector<double>.One / upper.Width);
        _power = power;
    }

    /// <summary>theta less what the entries are measured from.</summary>
    private static Vector<double> Rest(in LaneRoots roots)
    {
        var high = typeof(T) == typeof(double) ? roots.Anchor : Vector.WidenLower(Vector.Narrow(roots.Threshold, roots.Threshold));
        return roots.Anchor - high + roots.Offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Invoke(Vector<T> x)
    {
        var near = TOperator.Key(x) - _high;
        var t = Vector.MaxNative(near - _rest, Vector<T>.Zero);
        var v = typeof(T) == typeof(float)
            ? Vector.FusedMultiplyAdd(near.As<T, float>(), _inverseWidth.As<T, float>(), _shift.As<T, float>()).As<float, T>()
            : t * _inverseWidth;
        v = Vector.MinNative(Vector.MaxNative(v, Vector<T>.Zero), Vector<T>.One);
        return TOperator.Value(x, t, v, _power.Raise(v), _theta);
    }
}

/// <summary>An entry of a row with an interior solution, one at a time and in float64.</summary>
internal readonly struct ScalarEntry<TOperator, TPower>(Root root, TPower power)
    where TOperator : struct, ITopKOperator
    where TPower : struct, IScalarPower
{
    private readonly double _inverseWidth = 1 / root.Width;

    public double Invoke(double x)
    {
        var t = Math.Max(TOperator.Key(x) - root.Anchor - root.Offset, 0);
        var v = Math.Min(t * _inverseWidth, 1);
        return TOperator.Value(x, t, v, power.Raise(v), root.Threshold);
    }
}
