using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The search of <see cref="ThresholdSearch{TPower}"/> over sorted keys, one row per lane of one half.</summary>
internal partial struct LaneNewton<TPower>
    where TPower : struct, IPower
{
    public const int MostSteps = 400;

    private readonly LaneEquation<TPower> _equation;
    private readonly Vector<long> _invalid;
    private readonly Vector<long> _gap;
    private readonly Vector<long> _hard;
    private readonly Vector<double> _kept;
    private readonly Vector<double> _cut;

    private Vector<double> _target;
    private Vector<double> _saturation;
    private Vector<double> _anchor;
    private Vector<double> _offset;
    private Vector<double> _least;
    private Vector<double> _low;
    private Vector<double> _high;
    private Vector<double> _lastStep;
    private Vector<double> _stepBefore;
    private Vector<long> _running;

    /// <param name="equation">The equation.</param>
    /// <param name="kept">The k-th key of each lane; infinity where k = 0.</param>
    /// <param name="dropped">The next.</param>
    /// <param name="counts">k of each lane.</param>
    /// <param name="invalid">All bits set where the row is NaN.</param>
    /// <param name="half">Which half of the lanes.</param>
    public LaneNewton(
        Equation<TPower> equation, ReadOnlySpan<double> kept, ReadOnlySpan<double> dropped, ReadOnlySpan<double> counts,
        ReadOnlySpan<long> invalid, int half)
    {
        var first = half * Vector<double>.Count;
        _equation = new LaneEquation<TPower>(equation);
        (_kept, _target, _invalid) = (new(kept[first..]), new(counts[first..]), new(invalid[first..]));
        var none = Vector.Equals(_target, Vector<double>.Zero);
        var all = Vector.LessThanOrEqual(_kept, Vector.Create(_equation.LeastKey));
        _gap = Vector.AndNot(_equation.IsGap(_kept, new(dropped[first..])), none | all);
        _hard = none | all | _gap;
        _cut = Vector.ConditionalSelect(all, Vector.Create(_equation.KeepAll), _kept);
        _running = ~(_hard | _invalid);
        if (IsRunning)
        {
            Bracket();
        }
    }

    public readonly bool IsRunning => Vector.AnyWhereAllBitsSet(_running);

    /// <summary>Whether keys are saturated at every theta of the bracket, in all running lanes, however <see cref="Step"/> rounds.</summary>
    public readonly bool IsSaturated(Vector<double> keys) =>
        !Vector.AnyWhereAllBitsSet(Vector.AndNot(_running, Vector.GreaterThanOrEqual(keys - _kept, _saturation)));

    /// <summary>Whether keys are 0 at every theta of the bracket, in all running lanes, counted from the k-th key or from any other
    /// anchor. <see cref="Step"/> then adds nothing for them, so that a lane has the same bits beside any others.</summary>
    public readonly bool IsDropped(Vector<double> keys) => !Vector.AnyWhereAllBitsSet(_running & MayCount(keys));

    /// <param name="keys">The ranks that can be undecided, in decreasing order; of the first, only the lanes from this half on.</param>
    /// <param name="saturated">How many ranks before them are saturated in every lane.</param>
    public void Begin(ReadOnlySpan<double> keys, int saturated)
    {
        _target -= Vector.Create((double)saturated);
        if (_equation.IsSteep)
        {
            AnchorAboveRoot(keys);
        }

        if (_equation.Magnitude)
        {
            AnchorAtZero(keys);
        }

        _offset = Midpoint();
        _lastStep = _stepBefore = Vector.Create(double.PositiveInfinity);
    }

    /// <summary>One step in every running lane: Newton's where it stays in the bracket and shrinks, else to the middle.</summary>
    public void Step(ReadOnlySpan<double> keys)
    {
        var theta = _anchor + _offset;
        var width = _equation.Width(theta);
        _equation.Evaluate(keys, _anchor, _offset, width, _target, out var residual, out var noise, out var slope, out var step);
        var rises = Vector.GreaterThanOrEqual(residual, Vector<double>.Zero);
        _low = Vector.ConditionalSelect(rises & _running, _offset, _low);
        _high = Vector.ConditionalSelect(Vector.AndNot(_running, rises), _offset, _high);
        _running = Vector.AndNot(_running, Vector.Equals(residual, Vector<double>.Zero));

        var next = _offset + step;

        // Newton's step of the sum itself has to be small: far above the root that of the norm is, too.
        var small = Vector.LessThanOrEqual(Vector.Abs(residual), _equation.ExactStep * _equation.Scale(theta, width) * slope);
        var isSlope = Vector.GreaterThan(slope, Vector<double>.Zero) & Vector.LessThanOrEqual(slope, Vector.Create(double.MaxValue));
        var done = isSlope & (small | Vector.LessThanOrEqual(Vector.Abs(residual), noise));
        var newton = done | (IsInside(next) & Vector.LessThanOrEqual(Vector.Abs(step), 0.5 * _stepBefore));
        next = Vector.ConditionalSelect(newton, next, Midpoint());
        next = Vector.MinNative(Vector.MaxNative(next, _low), _high);
        (_lastStep, _stepBefore) = (Vector.Abs(next - _offset), _lastStep);
        _offset = Vector.ConditionalSelect(_running, next, _offset);
        _running &= Vector.AndNot(IsInside(next), done);
    }

    /// <summary>What was found. The thresholds of hard rows only where they are asked for.</summary>
    public readonly LaneRoots Roots(bool thresholds)
    {
        var theta = _anchor + _offset;
        var anchor = Vector.ConditionalSelect(_hard, _cut, _anchor);
        if (!thresholds || !Vector.AnyWhereAllBitsSet(_hard | _invalid))
        {
            return new(_invalid, _hard, anchor, _offset, _equation.Width(theta), theta);
        }

        var none = Vector.Equals(_kept, Vector.Create(double.PositiveInfinity));
        var hard = Vector.ConditionalSelect(none, _kept, Vector.Create(_equation.Magnitude ? 0.0 : double.NegativeInfinity));
        hard = Vector.AnyWhereAllBitsSet(_gap) ? Vector.ConditionalSelect(_gap, _equation.Knot(_kept), hard) : hard;
        var threshold = Vector.ConditionalSelect(_hard, hard, theta) | _invalid.As<long, double>();
        return new(_invalid, _hard, anchor, _offset, _equation.Width(theta), threshold);
    }

    /// <summary>The root is below the k-th key, from which it is measured, by no more than the width there.</summary>
    private void Bracket()
    {
        var width = _equation.Width(_kept);
        _saturation = width * (1 + (1.0 / (1L << 48)));
        (_anchor, _low, _high) = (_kept, -width, Vector<double>.Zero);
        _least = _kept - width - ((Vector.Abs(_kept) + width) * (1.0 / (1L << 52)));
        if (_equation.Magnitude)
        {
            _least = Vector.MaxNative(_equation.Least(_kept), _least);
            _low = Vector.ConditionalSelect(Vector.LessThan(_least, _kept), Vector.MaxNative(_low, _least - _kept), _low);
        }
    }

    private readonly Vector<long> MayCount(Vector<double> keys) =>
        Vector.GreaterThan(keys - _kept, _low) | Vector.GreaterThan(keys, _least);

    private readonly Vector<long> IsInside(Vector<double> offset) => Vector.GreaterThan(offset, _low) & Vector.LessThan(offset, _high);

    /// <summary>The mean, or from anchor 0 (both ends positive) the double half-way in the order of all doubles.</summary>
    private readonly Vector<double> Midpoint()
    {
        var mean = 0.5 * (_low + _high);
        if (!_equation.Magnitude)
        {
            return mean;
        }

        var bits = _low.As<double, long>();
        var ordered = (bits + ((_high.As<double, long>() - bits) >> 1)).As<long, double>();
        return Vector.ConditionalSelect(Vector.Equals(_anchor, Vector<double>.Zero) & Vector.GreaterThan(_low, Vector<double>.Zero), ordered, mean);
    }
}
