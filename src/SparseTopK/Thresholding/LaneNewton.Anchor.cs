using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>From where each lane counts: where theta = anchor + offset, the offset has all its digits.</summary>
internal partial struct LaneNewton<TPower>
{
    /// <summary>Anchors at the smallest key above the root, in place of the k-th: p above 2 makes much of a key's distance to the root, however
    /// small, and the k-th key may be so far above both that it shows none.</summary>
    private void AnchorAboveRoot(ReadOnlySpan<double> keys)
    {
        // Ranks in the window: at the key of the first the left side is below k, at that of the second, if it is one, it is not.
        var end = Vector.Create((keys.Length + (long)Lanes.Count - 1) / Lanes.Count);
        var (above, below) = (Vector<long>.Zero, end);
        while (Vector.AnyWhereAllBitsSet(_running & Vector.GreaterThan(below - above, Vector<long>.One)))
        {
            var middle = (above + below) >> 1;
            var key = Pick(keys, middle);
            _equation.Evaluate(keys, key, Vector<double>.Zero, _equation.Width(key), _target, out var residual, out _, out _, out _);
            var holds = Vector.GreaterThanOrEqual(residual, Vector<double>.Zero) | ~MayCount(key);
            (above, below) = (Vector.ConditionalSelect(holds, above, middle), Vector.ConditionalSelect(holds, middle, below));
        }

        var next = Pick(keys, Vector.Min(below, end - Vector<long>.One));
        var isNext = Vector.LessThan(below, end) & MayCount(next);
        _anchor = Pick(keys, above);
        _low = Vector.ConditionalSelect(isNext, next - _anchor, Vector.Create(double.NegativeInfinity));
        _low = Vector.Max(_low, -_equation.Width(_anchor));
        if (_equation.Magnitude)
        {
            _low = Vector.Max(_low, _least - _anchor);
        }
    }

    /// <summary>Each lane's key of a rank of its own.</summary>
    private static Vector<double> Pick(ReadOnlySpan<double> keys, Vector<long> ranks)
    {
        Span<double> picked = stackalloc double[Vector<double>.Count];
        for (var lane = 0; lane < picked.Length; lane++)
        {
            picked[lane] = keys[((int)ranks[lane] * Lanes.Count) + lane];
        }

        return new(picked);
    }

    /// <summary>Where gamma is below half the key at which it is anchored it is its own best coordinate, and the anchor is 0.</summary>
    private void AnchorAtZero(ReadOnlySpan<double> keys)
    {
        var half = 0.5 * _anchor;
        var below = Vector.LessThan(_least, half);
        if (!Vector.AnyWhereAllBitsSet(below & _running))
        {
            return;
        }

        _equation.Evaluate(keys, Vector<double>.Zero, half, _equation.Width(half), _target, out var residual, out _, out _, out _);
        below &= Vector.LessThan(residual, Vector<double>.Zero);
        _high = Vector.ConditionalSelect(below, half, Vector<double>.Zero);
        _low = Vector.ConditionalSelect(below, _least, Vector.Max(_low, half - _anchor));
        _anchor = Vector.ConditionalSelect(below, Vector<double>.Zero, _anchor);
    }
}
