using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Isotonic regression. Its derivative needs x, the solution and the blocks.</summary>
internal sealed class RegressionOperator(IComputePath path, RegressionArguments arguments, Tensor? weights) : RowOperator
{
    public override string Name => nameof(Functional.isotonic_regression);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        var (v, blocks, values) = path.Regress(x, weights, arguments);
        return (v, [x, v, weights, blocks, values]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        path.RegressVjp(saved[0], saved[1], saved[2], saved[3], saved[4], g, arguments);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        RegressionProduct.Vjp(saved[0], saved[1], saved[2], Blocks.Starts(saved[3]), saved[4], g, arguments);
}
