using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The root of the threshold equation over a set of keys, by Newton's method inside a bracket.</summary>
/// <remarks>
/// <para>The set holds the keys that may still lie strictly between 0 and saturation; <c>saturated</c> counts the others
/// above; <c>confirmed</c> says that the bracket given is sure. The set shrinks as the bracket does, so that the whole search
/// costs a few passes over it.</para>
/// <para>Two stages: the first, in plain float64, finds a key near the root; the second takes that key as the anchor and
/// solves for the offset from it, to the last digit at any scale.</para>
/// </remarks>
internal ref struct ThresholdSearch<TPower>(Equation<TPower> equation, Span<double> keys, long saturated, double k, bool confirmed)
    where TPower : struct, IPower
{
    /// <summary>A set smaller than this is not worth compacting.</summary>
    private const int CompactFrom = 256;

    private readonly Equation<TPower> _equation = equation;
    private readonly double _k = k;
    private Span<double> _keys = keys;
    private long _saturated = saturated;
    private double _cut = double.PositiveInfinity;

    private readonly BracketEnds Holds => confirmed ? BracketEnds.Both : BracketEnds.None;

    /// <summary>A theta at which the left side is within <paramref name="slack"/> of k, or else the nearest from below.</summary>
    public double Approximate(double low, double high, double slack)
    {
        var bracket = new NewtonBracket(low, high, Holds);
        return Narrow(ref bracket, 0, NewtonBracket.Midpoint(_equation, low, high, 0), slack, 0);
    }

    /// <summary>Solves the equation, if its largest root lies in [low, high).</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="cut">Keys from here up were counted as saturated and are not in the set.</param>
    /// <returns>The root. Where it is hard and the smallest key kept is not in the set, its anchor is a bound that separates
    /// that key from the next instead, and <see cref="Root.IsBound"/> is set. Invalid where the root lies elsewhere.</returns>
    public Root Solve(double low, double high, double cut)
    {
        _cut = cut;
        var bracket = new NewtonBracket(low, high, Holds);
        var near = Narrow(ref bracket, 0, confirmed ? NewtonBracket.Midpoint(_equation, low, high, 0) : low, 0, NewtonBracket.NearStep(_equation));
        if (double.IsNaN(near))
        {
            return Root.Invalid;
        }

        while (true)
        {
            var key = SmallestAbove(bracket.IsInside(near) ? near : bracket.Low);
            bracket.Anchor(_equation, near, key, out var anchor, out var start);
            var offset = Narrow(ref bracket, anchor, start, 0, NewtonBracket.ExactStep(_equation));
            if (double.IsNaN(offset))
            {
                return Root.Invalid;
            }

            var root = Finish(anchor, offset);
            if (root.Kind != RootKind.Interior || !bracket.Release(_equation, anchor, offset))
            {
                return root;
            }

            near = bracket.Low;
        }
    }

    /// <summary>Newton's method for the offset, kept inside the bracket by bisection. NaN where the bracket does not hold.</summary>
    private double Narrow(ref NewtonBracket bracket, double anchor, double offset, double slack, double relativeStep)
    {
        for (var i = 0; i < NewtonBracket.MostSteps; i++)
        {
            var value = Evaluate(anchor, offset, out var sums);
            var step = bracket.Advance(_equation, value, anchor, slack, relativeStep, ref offset);
            if (step == BracketStep.Outside)
            {
                return double.NaN;
            }

            if (anchor == 0)
            {
                Compact(value.Residual >= 0 ? sums.Zero : sums.Saturated, bracket.Low, bracket.High);
            }

            if (step == BracketStep.Found)
            {
                return offset;
            }
        }

        return offset;
    }

    private readonly EquationValue Evaluate(double anchor, double offset, out KeySums sums)
    {
        var theta = anchor + offset;
        var width = _equation.Width(theta);
        sums = KeySums.Of(_keys, anchor, offset, width, _equation.Power);
        var kappa = _k - _saturated - sums.Saturated;
        return new(
            sums.Free - kappa, _equation.Slope(sums.Slope, kappa, theta, width), Rounding.Noise(sums.Free, _keys.Length),
            _equation.Scale(theta, width));
    }

    /// <summary>Drops the keys that the bracket has decided, where they are many.</summary>
    private void Compact(long decided, double low, double high)
    {
        if (_keys.Length < CompactFrom || decided < _keys.Length / 8)
        {
            return;
        }

        _cut = Math.Min(_cut, _equation.Cut(high));
        var kept = Compaction.Keys(_keys, false, low, _cut, _keys);
        _saturated += kept.Above;
        _keys = _keys[..kept.Count];
    }

    private readonly double SmallestAbove(double theta)
    {
        var (smallest, bound) = (Vector.Create(double.PositiveInfinity), Vector.Create(theta));
        var i = 0;
        for (; i <= _keys.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var key = new Vector<double>(_keys[i..]);
            smallest = Vector.ConditionalSelect(Vector.GreaterThan(key, bound), Vector.MinNative(key, smallest), smallest);
        }

        var result = double.PositiveInfinity;
        for (var lane = 0; lane < Vector<double>.Count; lane++)
        {
            result = Math.Min(result, smallest[lane]);
        }

        foreach (var key in _keys[i..])
        {
            result = key > theta ? Math.Min(key, result) : result;
        }

        return result;
    }

    /// <summary>Tells a gap, where the hard operator is exact, from an interior solution.</summary>
    private readonly Root Finish(double anchor, double offset)
    {
        var width = _equation.Width(anchor + offset);
        var (kept, smallestKept, largestDropped) = (_saturated, _cut, _equation.LeastKey);
        foreach (var key in _keys)
        {
            var v = (key - anchor - offset) / width;
            if (v is > NewtonBracket.Edge and < 1 - NewtonBracket.Edge)
            {
                return Root.Interior(anchor, offset, width);
            }

            (kept, smallestKept, largestDropped) = v >= 0.5
                ? (kept + 1, Math.Min(smallestKept, key), largestDropped)
                : (kept, smallestKept, Math.Max(largestDropped, key));
        }

        return kept != _k || !_equation.IsGap(smallestKept, largestDropped) ? Root.Interior(anchor, offset, width)
            : smallestKept == _cut ? Root.HardBound(_cut)
            : _equation.Hard(smallestKept);
    }
}
