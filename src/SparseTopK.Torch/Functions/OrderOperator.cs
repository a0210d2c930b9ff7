using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Soft ranks and soft sorts. Their derivative needs x, its order and the blocks.</summary>
internal sealed class OrderOperator(IComputePath path, OrderArguments arguments) : RowOperator
{
    public override string Name => arguments.IsRank ? nameof(Functional.soft_rank) : nameof(Functional.soft_sort);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        var (y, permutation, blocks) = path.Order(x, arguments);
        return (y, [x, permutation, blocks]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) => path.OrderVjp(saved[0], saved[1], saved[2], g, arguments);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        OrderProduct.Vjp(saved[0], saved[1].to(ScalarType.Int64), Blocks.Starts(saved[2]), g, arguments);
}
