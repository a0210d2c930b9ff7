using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The search of <see cref="ThresholdSearch{TPower}"/> over sorted keys, one row per lane.</summary>
internal readonly ref struct LaneNewton<TPower>
    where TPower : struct, IPower
{
    private const int MostSteps = 400;

    private readonly Equation<TPower> _equation;
    private readonly TPower _power;
    private readonly ReadOnlySpan<double> _keys;
    private readonly int _stride;
    private readonly Vector<double> _target;
    private readonly Vector<double> _near;
    private readonly Vector<double> _least;
    private readonly Vector<double> _leastOffset;
    private readonly Vector<long> _active;

    /// <param name="equation">The equation.</param>
    /// <param name="keys">Ranks from <paramref name="first"/> on, one vector per <paramref name="stride"/> keys.</param>
    /// <param name="stride">From a rank to the next.</param>
    /// <param name="first">Ranks below this one are saturated in every lane.</param>
    /// <param name="brackets">One per lane; K = 0 where there is nothing to solve.</param>
    public LaneNewton(
        Equation<TPower> equation, ReadOnlySpan<double> keys, int stride, int first, ReadOnlySpan<LaneBracket> brackets)
    {
        _keys = keys;
        (_equation, _power, _stride) = (equation, equation.Power, stride);
        Span<double> target = stackalloc double[Vector<double>.Count];
        Span<double> near = stackalloc double[Vector<double>.Count];
        Span<double> least = stackalloc double[Vector<double>.Count];
        Span<double> leastOffset = stackalloc double[Vector<double>.Count];
        for (var lane = 0; lane < target.Length; lane++)
        {
            (target[lane], near[lane]) = (brackets[lane].K - first, brackets[lane].Anchor);
            (least[lane], leastOffset[lane]) = (brackets[lane].Low, brackets[lane].LowOffset);
        }

        (_target, _near, _least, _leastOffset) = (new(target), new(near), new(least), new(leastOffset));
        _active = ~Vector.Equals(new Vector<double>(target), Vector.Create((double)-first));
    }

    public void Solve(Span<Root> roots, int firstLane)
    {
        if (!Vector.AnyWhereAllBitsSet(_active))
        {
            return;
        }

        var (anchor, low, high) = (_near, _leastOffset, Vector<double>.Zero);
        if (_equation.Magnitude)
        {
            // Where gamma is below half the k-th key it is its own best coordinate, and the anchor is 0.
            var half = 0.5 * _near;
            Evaluate(Vector<double>.Zero, half, Width(half), out var residual, out _, out _);
            var below = Vector.LessThan(_least, half) & Vector.LessThan(residual, Vector<double>.Zero);
            anchor = Vector.ConditionalSelect(below, Vector<double>.Zero, _near);
            high = Vector.ConditionalSelect(below, half, Vector<double>.Zero);
            low = Vector.ConditionalSelect(below, _least, Vector.Max(_leastOffset, half - _near));
        }

        var offset = Iterate(anchor, low, high);
        var width = Width(anchor + offset);
        for (var lane = 0; lane < Vector<double>.Count; lane++)
        {
            if (_active[lane] != 0)
            {
                roots[firstLane + lane] = Root.Interior(anchor[lane], offset[lane], width[lane]);
            }
        }
    }

    private Vector<double> Iterate(Vector<double> anchor, Vector<double> low, Vector<double> high)
    {
        var offset = Midpoint(anchor, low, high);
        var (lastStep, stepBefore) = (Vector.Create(double.PositiveInfinity), Vector.Create(double.PositiveInfinity));
        var running = _active;

        // Where a < 1 (p > 2) the left side may rise without bound, and a small step does not say that the root is near.
        var tolerance = _equation.Norm.ResponseExponent < 1 ? 0 : 1e-15;
        for (var i = 0; i < MostSteps && Vector.AnyWhereAllBitsSet(running); i++)
        {
            var width = Width(anchor + offset);
            Evaluate(anchor, offset, width, out var residual, out var slope, out var noise);
            var rises = Vector.GreaterThanOrEqual(residual, Vector<double>.Zero);
            low = Vector.ConditionalSelect(rises & running, offset, low);
            high = Vector.ConditionalSelect(Vector.AndNot(running, rises), offset, high);
            running = Vector.AndNot(running, Vector.Equals(residual, Vector<double>.Zero));

            var step = residual / slope;
            var next = offset + step;
            var scale = _equation.Magnitude ? Vector.Min(width, anchor + offset) : width;
            var done = Vector.GreaterThan(slope, Vector<double>.Zero)
                & (Vector.LessThanOrEqual(Vector.Abs(step), tolerance * scale) | Vector.LessThanOrEqual(Vector.Abs(residual), noise));
            var newton = done | (Inside(next, low, high) & Vector.LessThanOrEqual(Vector.Abs(step), 0.5 * stepBefore));
            next = Vector.ConditionalSelect(newton, next, Midpoint(anchor, low, high));
            next = Vector.Min(Vector.Max(next, low), high);
            (lastStep, stepBefore) = (Vector.Abs(next - offset), lastStep);
            offset = Vector.ConditionalSelect(running, next, offset);
            running &= Vector.AndNot(Inside(next, low, high), done);
        }

        return offset;
    }

    private void Evaluate(
        Vector<double> anchor, Vector<double> offset, Vector<double> width,
        out Vector<double> residual, out Vector<double> slope, out Vector<double> noise)
    {
        var inverse = Vector<double>.One / width;
        var (sum, slopes, saturated) = (Vector<double>.Zero, Vector<double>.Zero, Vector<long>.Zero);
        for (var i = 0; i < _keys.Length; i += _stride)
        {
            var v = (Vector.LoadUnsafe(in _keys[i]) - anchor - offset) * inverse;
            var full = Vector.GreaterThanOrEqual(v, Vector<double>.One);
            var free = Vector.AndNot(Vector.Max(v, Vector<double>.Zero), full.As<long, double>());
            saturated -= full;
            sum += _power.Raise(free);
            slopes += _power.Slope(free);
        }

        var kappa = _target - Vector.ConvertToDouble(saturated);
        residual = sum - kappa;
        noise = sum * Rounding.Noise(1, SmallRows.Longest);
        slope = _equation.Norm.ResponseExponent * slopes * inverse;
        if (_equation.Magnitude)
        {
            slope += kappa / (anchor + offset);
        }
    }

    private Vector<double> Width(Vector<double> theta)
    {
        if (!_equation.Magnitude)
        {
            return Vector.Create(_equation.Width(0));
        }

        if (typeof(TPower) != typeof(RealPower))
        {
            return Vector.Max(_equation.Norm.Lambda * _power.Root(theta), Vector.Create(Equation<TPower>.LeastWidth));
        }

        Span<double> width = stackalloc double[Vector<double>.Count];
        for (var lane = 0; lane < width.Length; lane++)
        {
            width[lane] = _equation.Width(theta[lane]);
        }

        return new Vector<double>(width);
    }

    private static Vector<long> Inside(Vector<double> value, Vector<double> low, Vector<double> high) =>
        Vector.GreaterThan(value, low) & Vector.LessThan(value, high);

    /// <summary>The mean, or from anchor 0 (both ends positive) the double half-way in the order of all doubles.</summary>
    private static Vector<double> Midpoint(Vector<double> anchor, Vector<double> low, Vector<double> high)
    {
        var bits = low.As<double, long>();
        var ordered = (bits + ((high.As<double, long>() - bits) >> 1)).As<long, double>();
        return Vector.ConditionalSelect(Vector.Equals(anchor, Vector<double>.Zero) & Vector.GreaterThan(low, Vector<double>.Zero), ordered, 0.5 * (low + high));
    }
}
