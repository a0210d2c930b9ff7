using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Torch operations alone, on whatever device the tensor is: the top-k operators.</summary>
internal sealed partial class TorchPath : IComputePath
{
    public Tensor RowCounts(Tensor k, Tensor x) => k.to(x.device);

    public Tensor Mask(Tensor x, Tensor? k, TopKArguments arguments)
    {
        if (x.numel() == 0)
        {
            return zeros_like(x);
        }

        using var scope = NewDisposeScope();
        var wide = x.Widen();
        var invalid = (wide.isnan() | wide.isposinf()).any(-1, keepdim: true);
        var roots = RowRoots.Solve(wide, invalid, k, arguments, isMagnitude: false);
        var level = ((wide - roots.Anchor - roots.Offset) / roots.Width).AtLeast(0).AtMost(1);
        var y = (wide >= roots.Least).to(wide.dtype).where(roots.IsHard, PowerOf.Share(level, arguments.Norm.ResponseExponent));
        return y.InvalidateRows(roots.IsInvalid).to(x.dtype).MoveToOuterDisposeScope();
    }

    public Tensor MaskVjp(Tensor y, Tensor g, TopKArguments arguments) => MaskProduct.Vjp(y, g, arguments.Norm);

    public (Tensor Z, Tensor Gamma) Magnitude(Tensor x, Tensor? k, TopKArguments arguments)
    {
        if (x.numel() == 0)
        {
            return (zeros_like(x), zeros(x.shape[..^1], Wide.TypeOn(x), x.device));
        }

        using var scope = NewDisposeScope();
        var wide = x.Widen();
        var size = wide.abs();
        var roots = RowRoots.Solve(size, wide.isfinite().logical_not().any(-1, keepdim: true), k, arguments, isMagnitude: true);
        var t = size - roots.Anchor - roots.Offset;
        var level = t / roots.Width;
        var share = PowerOf.Share(level.AtLeast(0).AtMost(1), arguments.Norm.ResponseExponent);
        var pooled = (share * roots.Anchor.Plus(roots.Offset)).Plus(t).minimum(size).Fill(t.IsAbove(0).logical_not(), 0).copysign(wide);
        var z = wide.where(level.IsBelow(1).logical_not(), pooled);
        z = wide.Fill(size < roots.Least, 0).where(roots.IsHard, z);
        return (
            z.InvalidateRows(roots.IsInvalid).to(x.dtype).MoveToOuterDisposeScope(),
            roots.Threshold.squeeze(-1).MoveToOuterDisposeScope());
    }

    public Tensor MagnitudeVjp(Tensor x, Tensor gamma, Tensor? k, Tensor g, TopKArguments arguments) =>
        MagnitudeProduct.Vjp(x, gamma, MagnitudeProduct.Counts(k, arguments), g, arguments.Norm);
}
