using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Soft top-k in magnitude. Its derivative needs x and the threshold gamma of each row.</summary>
internal sealed class TopKMagnitudeOperator(IComputePath path, TopKArguments arguments, Tensor? k) : RowOperator
{
    public override string Name => nameof(Functional.topk_magnitude);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        var counts = k is null ? null : path.RowCounts(k, x);
        var (z, gamma) = path.Magnitude(x, counts, arguments);
        return (z, [x, gamma, counts]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        path.MagnitudeVjp(saved[0], saved[1], saved[2], g, arguments);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g)
    {
        // gamma depends on x, too.
        var (x, gamma, counts) = (saved[0], saved[1], saved[2]);
        var threshold = new GammaOperator(arguments, gamma, counts).Apply(x);
        return MagnitudeProduct.Vjp(x, threshold, MagnitudeProduct.Counts(counts, arguments), g, arguments.Norm);
    }
}

/// <summary>The threshold gamma of each row as a function of x, for derivatives of the derivative.</summary>
internal sealed class GammaOperator(TopKArguments arguments, Tensor gamma, Tensor? counts) : RowOperator
{
    public override string Name => nameof(Functional.topk_magnitude);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        var threshold = gamma.clone();
        return (threshold, [x, threshold, counts]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) => DifferentiableVjp(saved, g);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        MagnitudeProduct.GammaVjp(saved[0], saved[1], MagnitudeProduct.Counts(saved[2], arguments), g, arguments.Norm);
}
