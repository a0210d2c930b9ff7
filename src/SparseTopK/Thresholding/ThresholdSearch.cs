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
internal ref struct ThresholdSearch<TPower>(
    Equation equation, TPower power, Span<double> keys, long saturated, double k, bool confirmed)
    where TPower : struct, IPower
{
    /// <summary>Above the 64 bisections that exhaust the doubles, each with the Newton steps in between.</summary>
    private const int MostSteps = 400;

    /// <summary>A set smaller than this is not worth compacting.</summary>
    private const int CompactFrom = 256;

    /// <summary>A key this near to 0 or to saturation, in widths, may be there exactly, but for the rounding of the root.</summary>
    private const double Edge = 1e-6;

    private readonly Equation _equation = equation;
    private readonly TPower _power = power;
    private readonly double _k = k;
    private Span<double> _keys = keys;
    private long _saturated = saturated;
    private double _cut = double.PositiveInfinity;
    private bool _lowHolds = confirmed;
    private bool _highHolds = confirmed;

    /// <summary>The left side less k at one theta, its Newton slope, its rounding error, and the scale on which it bends.</summary>
    private readonly record struct Value(double Residual, double Slope, double Noise, double Scale, long Saturated, long Zero);

    /// <summary>A theta at which the left side is within <paramref name="slack"/> of k, or else the nearest from below.</summary>
    public double Approximate(double low, double high, double slack) =>
        Narrow(ref low, ref high, 0, Midpoint(low, high, 0), slack, double.NaN);

    /// <summary>Solves the equation, if its largest root lies in [low, high).</summary>
    /// <param name="low">The lower end.</param>
    /// <param name="high">The upper end.</param>
    /// <param name="cut">Keys from here up were counted as saturated and are not in the set.</param>
    /// <returns>The root. Where it is hard and the smallest key kept is not in the set, its anchor is a bound that separates
    /// that key from the next instead, and <see cref="Root.IsBound"/> is set. Invalid where the root lies elsewhere.</returns>
    public Root Solve(double low, double high, double cut)
    {
        _cut = cut;
        var near = Narrow(ref low, ref high, 0, _lowHolds ? Midpoint(low, high, 0) : low, 0, 0.25);
        if (double.IsNaN(near))
        {
            return Root.Invalid;
        }

        var resolved = near > low && near < high;
        var anchor = SmallestAbove(resolved ? near : low);
        if (double.IsPositiveInfinity(anchor) || (_equation.Magnitude && near < anchor / 2))
        {
            anchor = 0;
        }

        // theta >= anchor - w, where the anchor is not above the k-th key.
        var least = resolved ? double.NegativeInfinity : -_equation.Width(anchor);
        var left = Math.Max(low - anchor, least);
        var right = high - anchor;
        var start = resolved ? Math.Clamp(near - anchor, left, right) : left;
        var offset = Narrow(ref left, ref right, anchor, start, 0, 1e-15);
        return double.IsNaN(offset) ? Root.Invalid : Finish(anchor, offset);
    }

    /// <summary>Newton's method for the offset, kept inside [low, high] by bisection.</summary>
    /// <param name="low">Not above the root; raised.</param>
    /// <param name="high">Above the root; lowered.</param>
    /// <param name="anchor">theta less the offset.</param>
    /// <param name="offset">Where to start.</param>
    /// <param name="slack">A residual that small ends the search.</param>
    /// <param name="relativeStep">A step that small against the scale of theta ends it too.</param>
    private double Narrow(ref double low, ref double high, double anchor, double offset, double slack, double relativeStep)
    {
        // Where a < 1 (p > 2) the left side may rise without bound, and a small step does not say that the root is near.
        var tolerance = _equation.Norm.ResponseExponent < 1 && anchor != 0 ? 0 : relativeStep;
        var (lastStep, stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < MostSteps; i++)
        {
            var value = Evaluate(anchor, offset);
            if (value.Residual >= 0 ? offset == high && !_highHolds : offset == low && !_lowHolds)
            {
                return double.NaN;
            }

            (low, high) = value.Residual >= 0 ? (offset, high) : (low, offset);
            (_lowHolds, _highHolds) = (_lowHolds || value.Residual >= 0, _highHolds || value.Residual < 0);
            if (Math.Abs(value.Residual) <= slack)
            {
                return offset;
            }

            Compact(value, anchor, low, high);
            var step = value.Residual / value.Slope;
            var next = offset + step;
            if (value.Slope > 0 && (Math.Abs(step) <= tolerance * value.Scale || Math.Abs(value.Residual) <= value.Noise))
            {
                return Math.Clamp(next, low, high);
            }

            if (!(next > low && next < high && Math.Abs(step) <= 0.5 * stepBefore))
            {
                // An end that nothing has confirmed is looked at before the search closes in on it.
                next = next <= low && !_lowHolds ? low : next >= high && !_highHolds ? high : Midpoint(low, high, anchor);
                step = next - offset;
                if (!(next > low && next < high) && _lowHolds && _highHolds)
                {
                    return low;
                }
            }

            (lastStep, stepBefore) = (Math.Abs(step), lastStep);
            offset = next;
        }

        return offset;
    }

    private readonly Value Evaluate(double anchor, double offset)
    {
        var theta = anchor + offset;
        var width = _equation.Width(theta);
        var sums = KeySums.Of(_keys, anchor, offset, width, _power);

        // d/dtheta of cap (left side - k), over cap, where cap = 1 (mask) or theta (magnitude): exact steps at p = 2.
        var kappa = _k - _saturated - sums.Saturated;
        var slope = (_equation.Norm.ResponseExponent * sums.Slope / width) + (_equation.Magnitude ? kappa / theta : 0);
        var noise = Rounding.Noise(sums.Free, _keys.Length);
        return new Value(sums.Free - kappa, slope, noise, _equation.Scale(theta, width), sums.Saturated, sums.Zero);
    }

    /// <summary>Drops the keys that the bracket has decided, where they are many.</summary>
    private void Compact(Value value, double anchor, double low, double high)
    {
        var decided = value.Residual >= 0 ? value.Zero : value.Saturated;
        if (_keys.Length < CompactFrom || decided < _keys.Length / 8 || anchor != 0)
        {
            return;
        }

        _cut = Math.Min(_cut, high + _equation.Width(high));
        var kept = Compaction.Keys(_keys, false, low, _cut, _keys);
        _saturated += kept.Above;
        _keys = _keys[..kept.Count];
    }

    /// <summary>Between the two: their mean, or where their ratio is large the double half-way in the order of all doubles.</summary>
    private readonly double Midpoint(double low, double high, double anchor)
    {
        var mean = (0.5 * low) + (0.5 * high);
        if (anchor != 0 || (!_equation.Magnitude && (high - low) < 1e6 * _equation.Norm.Lambda))
        {
            return mean;
        }

        var (a, b) = (Order(low), Order(high));
        return FromOrder((a & b) + ((a ^ b) >> 1));
    }

    /// <summary>The doubles' bits as integers in the doubles' own order; it is its own inverse.</summary>
    private static long Order(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }

    private static double FromOrder(long order) => BitConverter.Int64BitsToDouble(order ^ ((order >> 63) & long.MaxValue));

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
            if (v is > Edge and < 1 - Edge)
            {
                return Root.Interior(anchor, offset, width);
            }

            (kept, smallestKept, largestDropped) = v >= 0.5
                ? (kept + 1, Math.Min(smallestKept, key), largestDropped)
                : (kept, smallestKept, Math.Max(largestDropped, key));
        }

        return kept == _k && _equation.IsGap(smallestKept, largestDropped)
            ? smallestKept == _cut ? Root.HardBound(_cut) : _equation.Hard(smallestKept)
            : Root.Interior(anchor, offset, width);
    }
}
