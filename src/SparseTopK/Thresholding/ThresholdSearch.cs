using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The root of the threshold equation over a set of keys, by Newton's method inside a bracket.</summary>
/// <remarks>
/// <para>The set holds the keys that may still lie strictly between 0 and saturation; <c>saturated</c> counts the others
/// above. It shrinks as the bracket does, so that the whole search costs a few passes over it.</para>
/// <para>Two stages: the first, in plain float64, finds a key near the root; the second takes that key as the anchor and
/// solves for the offset from it, to the last digit at any scale.</para>
/// </remarks>
internal ref struct ThresholdSearch<TPower>(Equation equation, TPower power, Span<double> keys, long saturated, double k)
    where TPower : struct, IPower
{
    /// <summary>Above the 64 bisections that exhaust the doubles, each with the Newton steps in between.</summary>
    private const int MostSteps = 400;

    /// <summary>A set smaller than this is not worth compacting.</summary>
    private const int CompactFrom = 256;

    private readonly Equation _equation = equation;
    private readonly TPower _power = power;
    private readonly double _k = k;
    private Span<double> _keys = keys;
    private long _saturated = saturated;
    private double _smallestSaturated = double.PositiveInfinity;

    /// <summary>The left side less k at one theta, its Newton slope, and the scale on which it bends.</summary>
    private readonly record struct Value(double Residual, double Slope, double Scale, long Saturated, long Zero);

    /// <summary>The left side of the equation is at least k at <paramref name="theta"/>: the root is not below.</summary>
    public readonly bool IsAtOrBelowRoot(double theta) => Evaluate(0, theta).Residual >= 0;

    /// <summary>A theta at which the left side is within <paramref name="slack"/> of k, or else the nearest from below.</summary>
    public double Approximate(double low, double high, double slack) =>
        Narrow(ref low, ref high, 0, Midpoint(low, high, 0), slack, double.NaN);

    /// <summary>Solves the equation.</summary>
    /// <param name="low">A theta that is not above the largest root.</param>
    /// <param name="high">A theta above it.</param>
    /// <param name="cut">Keys from here up were counted as saturated and are not in the set.</param>
    public Root Solve(double low, double high, double cut)
    {
        _smallestSaturated = cut;
        var (lowest, highest) = (low, high);
        var near = Narrow(ref low, ref high, 0, Midpoint(low, high, 0), 0, 0.25);
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
        return Finish(anchor, offset);
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
        var (lastStep, stepBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < MostSteps; i++)
        {
            var value = Evaluate(anchor, offset);
            (low, high) = value.Residual >= 0 ? (offset, high) : (low, offset);
            if (Math.Abs(value.Residual) <= slack)
            {
                return offset;
            }

            Compact(value, anchor, low, high);
            var step = value.Residual / value.Slope;
            var next = offset + step;
            if (Math.Abs(step) <= relativeStep * value.Scale)
            {
                return Math.Clamp(next, low, high);
            }

            if (!(next > low && next < high && Math.Abs(step) <= 0.5 * stepBefore))
            {
                next = Midpoint(low, high, anchor);
                step = next - offset;
                if (!(next > low && next < high))
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
        var inverse = 1 / width;
        var (va, vo, vi) = (Vector.Create(anchor), Vector.Create(offset), Vector.Create(inverse));
        var (sum, slope) = (Vector<double>.Zero, Vector<double>.Zero);
        var (saturated, zero) = (Vector<long>.Zero, Vector<long>.Zero);
        var i = 0;
        for (; i <= _keys.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var v = (Vector.LoadUnsafe(ref _keys[i]) - va - vo) * vi;
            var full = Vector.GreaterThanOrEqual(v, Vector<double>.One);
            var free = Vector.AndNot(Vector.Max(v, Vector<double>.Zero), full.As<long, double>());
            saturated -= full;
            zero -= Vector.LessThanOrEqual(v, Vector<double>.Zero);
            sum += _power.Raise(free);
            slope += _power.Slope(free);
        }

        var (sums, slopes, full1, zero1) = (Vector.Sum(sum), Vector.Sum(slope), Vector.Sum(saturated), Vector.Sum(zero));
        if (i < _keys.Length)
        {
            Span<double> rest = stackalloc double[Vector<double>.Count];
            rest.Fill(double.NegativeInfinity);
            _keys[i..].CopyTo(rest);
            var v = (Vector.LoadUnsafe(ref rest[0]) - va - vo) * vi;
            var full = Vector.GreaterThanOrEqual(v, Vector<double>.One);
            var free = Vector.AndNot(Vector.Max(v, Vector<double>.Zero), full.As<long, double>());
            full1 -= Vector.Sum(full);
            zero1 -= Vector.Sum(Vector.LessThanOrEqual(v, Vector<double>.Zero));
            sums += Vector.Sum(_power.Raise(free));
            slopes += Vector.Sum(_power.Slope(free));
        }

        // d/dtheta of cap (left side - k), over cap, where cap = 1 (mask) or theta (magnitude): exact steps at p = 2.
        var kappa = _k - _saturated - full1;
        var total = (_equation.Norm.ResponseExponent * slopes / width) + (_equation.Magnitude ? kappa / theta : 0);
        return new Value(sums - kappa, total, _equation.Scale(theta, width), full1, zero1);
    }

    /// <summary>Drops the keys that the bracket has decided, where they are many.</summary>
    private void Compact(Value value, double anchor, double low, double high)
    {
        var decided = value.Residual >= 0 ? value.Zero : value.Saturated;
        if (_keys.Length < CompactFrom || decided < _keys.Length / 8 || anchor != 0)
        {
            return;
        }

        var cut = high + _equation.Width(high);
        var kept = Compaction.KeepBetween(_keys, low, cut, ref _smallestSaturated);
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
        var smallest = double.PositiveInfinity;
        foreach (var key in _keys)
        {
            smallest = key > theta && key < smallest ? key : smallest;
        }

        return smallest;
    }

    /// <summary>Tells a gap, where the hard operator is exact, from an interior solution.</summary>
    private readonly Root Finish(double anchor, double offset)
    {
        var width = _equation.Width(anchor + offset);
        var (kept, smallestKept, largestDropped) = (_saturated, _smallestSaturated, _equation.LeastKey);
        foreach (var key in _keys)
        {
            if (key - anchor - offset >= 0.5 * width)
            {
                kept++;
                smallestKept = Math.Min(smallestKept, key);
            }
            else
            {
                largestDropped = Math.Max(largestDropped, key);
            }
        }

        return kept == _k && _equation.IsGap(smallestKept, largestDropped)
            ? _equation.Hard(smallestKept)
            : Root.Interior(anchor, offset, width);
    }
}
