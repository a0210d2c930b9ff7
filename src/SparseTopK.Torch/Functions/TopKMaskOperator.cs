using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The soft top-k mask. Its derivative needs the mask alone.</summary>
internal sealed class TopKMaskOperator(IComputePath path, TopKArguments arguments, Tensor? k) : RowOperator
{
    public override string Name => nameof(Functional.topk_mask);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        var y = path.Mask(x, k is null ? null : path.RowCounts(k, x), arguments);
        return (y, [y]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) => path.MaskVjp(saved[0], g, arguments);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) => MaskProduct.Vjp(saved[0], g, arguments.Norm);
}
