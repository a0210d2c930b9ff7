using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary><see cref="Equation{TPower}"/>, of one row per lane.</summary>
/// <remarks>Minima and maxima are the processor's own: only lanes whose result is not used hold a NaN.</remarks>
internal readonly struct LaneEquation<TPower>(Equation<TPower> equation)
    where TPower : struct, IPower
{
    public bool Magnitude => equation.Magnitude;

    public bool IsSteep => typeof(TPower) == typeof(RealPower) && equation.IsSteep;

    public double LeastKey => equation.LeastKey;

    /// <summary>The anchor of rows with fewer than k keys to choose from.</summary>
    public double KeepAll => equation.KeepAll().Anchor;

    /// <summary>The step, relative to the scale of theta, that ends the search for the last digits.</summary>
    public double ExactStep => NewtonBracket.ExactStep(equation);

    public Vector<double> Width(Vector<double> theta) => Vector.MaxNative(Derivative(theta), Vector.Create(Equation<TPower>.LeastWidth));

    public Vector<double> Scale(Vector<double> theta, Vector<double> width) => Magnitude ? Vector.MinNative(theta, width) : width;

    public Vector<long> IsGap(Vector<double> kept, Vector<double> dropped) =>
        Vector.GreaterThan(kept, dropped) & Vector.GreaterThanOrEqual(kept - dropped, Derivative(dropped));

    /// <summary>A bound that the root of the magnitude is not below: at u &lt;= s/2 with R'(u) &lt;= s/2 the k largest keys, from s on, are saturated.</summary>
    public Vector<double> Least(Vector<double> kept)
    {
        var half = 0.5 * kept;
        var response = (1 - (1.0 / (1L << 40))) * equation.Power.Raise(half * Vector.Create(Math.Min(1 / equation.Norm.Lambda, double.MaxValue)));
        return Vector.MaxNative(Vector.Create(double.Epsilon), Vector.MinNative(half, response));
    }

    public Vector<double> Knot(Vector<double> s) => !Magnitude ? s - Vector.Create(equation.MaskWidth)
        : typeof(TPower) == typeof(RealPower) ? KnotByLane(s)
        : Isotonic.Knot.Of(s, equation.Norm.Lambda, equation.Power);

    /// <summary>The left side less the target, its rounding error, its slope, and a step to the root.</summary>
    /// <remarks>The step is Newton's of (sum v^a)^(1/a), a norm and nearly linear in theta, where Newton's of the sum itself halves the way, or worse.</remarks>
    public void Evaluate(
        ReadOnlySpan<double> keys, Vector<double> anchor, Vector<double> offset, Vector<double> width, Vector<double> target,
        out Vector<double> residual, out Vector<double> noise, out Vector<double> slope, out Vector<double> step)
    {
        var power = equation.Power;
        var inverse = Vector<double>.One / width;
        var (sum, slopes, saturated) = (Vector<double>.Zero, Vector<double>.Zero, Vector<long>.Zero);
        for (var i = 0; i < keys.Length; i += Lanes.Count)
        {
            var v = (Vector.LoadUnsafe(in keys[i]) - anchor - offset) * inverse;
            var full = Vector.GreaterThanOrEqual(v, Vector<double>.One);
            var free = Vector.AndNot(Vector.MaxNative(v, Vector<double>.Zero), full.As<long, double>());
            saturated -= full;
            sum += power.Raise(free);
            slopes += power.Slope(free);
        }

        var kappa = target - Vector.ConvertToDouble(saturated);
        residual = sum - kappa;
        noise = sum * Rounding.Noise(1, SmallRows.Longest);
        slope = equation.Norm.ResponseExponent * slopes * inverse;
        if (Magnitude)
        {
            slope += kappa / (anchor + offset);
        }

        step = power.NormStep(residual, slope, sum, kappa);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<double> Derivative(Vector<double> theta) =>
        Magnitude ? equation.Norm.Lambda * equation.Power.Root(theta) : Vector.Create(equation.Norm.Lambda);

    private Vector<double> KnotByLane(Vector<double> s)
    {
        Span<double> knots = stackalloc double[Vector<double>.Count];
        for (var lane = 0; lane < knots.Length; lane++)
        {
            knots[lane] = equation.Knot(s[lane]);
        }

        return new(knots);
    }
}
