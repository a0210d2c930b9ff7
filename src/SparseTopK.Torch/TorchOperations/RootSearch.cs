using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Where the roots of rows lie: theta = anchor + offset, each [..., 1].</summary>
/// <param name="Anchor">A key, or 0.</param>
/// <param name="Low">An offset at which the left side is k or more.</param>
/// <param name="High">An offset at which it is less.</param>
internal sealed record RootBracket(Tensor Anchor, Tensor Low, Tensor High);

/// <summary>The roots of many rows at once: Newton's method kept inside a bracket, else bisection.</summary>
internal static class RootSearch
{
    private const int MostSteps = 400;

    /// <summary>Every so many steps it is asked whether all rows are done: the one thing that the host waits for.</summary>
    private const int StepsBetweenLooks = 6;

    /// <summary>The anchors and the offsets of the roots.</summary>
    /// <param name="equation">The equation.</param>
    /// <param name="bracket">Where the roots are, from the k-th key or 0.</param>
    /// <param name="running">Rows to solve.</param>
    public static (Tensor Anchor, Tensor Offset) Solve(ThresholdEquation equation, RootBracket bracket, Tensor running)
    {
        using var scope = NewDisposeScope();
        var start = Midpoint(bracket.Anchor, bracket.Low, bracket.High, isNear: false);
        var (offset, found) = Narrow(equation, bracket, start, running, isNear: false);
        if (equation.Norm.ResponseExponent < 1)
        {
            // A share is then steep where its key is near the root: only the distance from that key shows it.
            (bracket, start) = Reanchor(equation, found, offset);
            (offset, _) = Narrow(equation, bracket, start, running, isNear: true);
        }

        return scope.MoveToOuter(bracket.Anchor, offset);
    }

    private static (Tensor Offset, RootBracket Bracket) Narrow(
        ThresholdEquation equation, RootBracket bracket, Tensor start, Tensor running, bool isNear)
    {
        using var scope = NewDisposeScope();
        var (anchor, low, high, offset) = (bracket.Anchor, bracket.Low, bracket.High, start);

        // Where shares are steep a small step, 0 where the slope is infinite, does not say that the root is near.
        var tolerance = equation.Norm.ResponseExponent < 1 ? -1 : Wide.Digits(offset.dtype);
        var (lastStep, stepBefore) = (offset.Filled(double.PositiveInfinity), offset.Filled(double.PositiveInfinity));
        for (var i = 1; i <= MostSteps; i++)
        {
            using var inner = NewDisposeScope();
            var width = equation.Width(anchor.Plus(offset));
            var (residual, slope, noise) = equation.Evaluate(anchor, offset, width);
            var rises = residual.IsBelow(0).logical_not();
            low = offset.where(rises & running, low);
            high = offset.where(rises.logical_not() & running, high);
            var step = residual / slope;
            var next = offset.Plus(step);
            var scale = equation.IsMagnitude ? width.minimum(anchor.Plus(offset)) : width;
            var done = slope.IsAbove(0) & ((step.abs() <= scale.Times(tolerance)) | (residual.abs() <= noise));
            var newton = done | ((next > low) & (next < high) & (step.abs() <= stepBefore.Times(0.5)));
            next = next.where(newton, Midpoint(anchor, low, high, isNear)).maximum(low).minimum(high);
            (stepBefore, lastStep) = (lastStep, (next - offset).abs());
            var stays = residual.IsAt(0) | ((next > low) & (next < high)).logical_not();
            offset = next.where(running & residual.IsAt(0).logical_not(), offset);
            running = running & (done | stays).logical_not();
            inner.MoveToOuter(low, high, offset, running, lastStep, stepBefore);
            if (i % StepsBetweenLooks == 0 && !running.any().item<bool>())
            {
                break;
            }
        }

        scope.MoveToOuter(low, high, offset);
        return (offset, new(anchor, low, high));
    }

    /// <summary>The same brackets and offsets counted from the smallest key above the lower end, and wider by what rounding may have moved; from 0
    /// where gamma is nearer to that than to the key.</summary>
    private static (RootBracket Bracket, Tensor Offset) Reanchor(ThresholdEquation equation, RootBracket bracket, Tensor offset)
    {
        var (anchor, low, high) = bracket;
        var distance = equation.Keys - anchor;
        var nearest = distance.Fill((distance > low).logical_not(), double.PositiveInfinity).amin([-1], keepdim: true);
        var key = anchor.Plus(nearest);
        var stays = nearest.isinf();
        if (equation.IsMagnitude)
        {
            var isNearZero = anchor.Plus(low) < key.Times(0.5);
            nearest = anchor.neg().where(isNearZero, nearest);
            key = key.Fill(isNearZero, 0);
        }

        nearest = nearest.Fill(stays, 0);
        var slack = (nearest.abs().Plus(low.abs().maximum(high.abs()))).Times(2 * Wide.Digits(low.dtype)).Fill(nearest.IsAt(0), 0);
        return (new(anchor.where(stays, key), low - nearest - slack, (high - nearest).Plus(slack)), offset - nearest);
    }

    /// <summary>The mean; the geometric one where the ends are far apart but on one side of an anchor to which the root may be near.</summary>
    private static Tensor Midpoint(Tensor anchor, Tensor low, Tensor high, bool isNear)
    {
        var mean = low.Plus(high).Times(0.5);
        var above = Geometric(low.AtLeast(0), high.AtLeast(0));
        var isAbove = (high > low.Times(4)) & (isNear ? low.IsBelow(0).logical_not() : anchor.IsAt(0) & low.IsAbove(0));
        if (!isNear)
        {
            return above.where(isAbove, mean);
        }

        var isBelow = high.IsAbove(0).logical_not() & (low < high.Times(4));
        var below = Geometric(high.neg().AtLeast(0), low.neg().AtLeast(0)).neg();
        mean = mean.Fill(low.IsBelow(0) & high.IsAbove(0), 0);
        return above.where(isAbove, below.where(isBelow, mean));
    }

    private static Tensor Geometric(Tensor small, Tensor large) => small.AtLeast(Wide.Smallest(small.dtype)).minimum(large).sqrt() * large.sqrt();
}
