using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The roots of many rows at once: Newton's method kept inside a bracket, else bisection.</summary>
internal static class RootSearch
{
    private const int MostSteps = 400;

    /// <summary>Every so many steps it is asked whether all rows are done: the one thing that the host waits for.</summary>
    private const int StepsBetweenLooks = 6;

    /// <summary>The offsets of the roots from their anchors, [..., 1].</summary>
    /// <param name="equation">The equation.</param>
    /// <param name="anchor">[..., 1].</param>
    /// <param name="low">An offset at which the left side is k or more.</param>
    /// <param name="high">An offset at which it is less.</param>
    /// <param name="running">Rows to solve.</param>
    public static Tensor Offsets(ThresholdEquation equation, Tensor anchor, Tensor low, Tensor high, Tensor running)
    {
        using var scope = NewDisposeScope();
        var offset = Midpoint(anchor, low, high);
        var tolerance = equation.Norm.ResponseExponent < 1 ? 0 : Wide.Digits(offset.dtype);
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
            next = next.where(newton, Midpoint(anchor, low, high)).maximum(low).minimum(high);
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

        return offset.MoveToOuterDisposeScope();
    }

    /// <summary>The mean; from anchor 0, where both ends are positive and far apart, the geometric one.</summary>
    private static Tensor Midpoint(Tensor anchor, Tensor low, Tensor high)
    {
        var far = anchor.IsAt(0) & low.IsAbove(0) & (high > low.Times(4));
        return (low.AtLeast(0).sqrt() * high.AtLeast(0).sqrt()).where(far, low.Plus(high).Times(0.5));
    }
}
