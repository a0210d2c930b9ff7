using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The Fenchel-Young loss of each row of scores: its gradient is the gap, mask less target, which is all that is kept.</summary>
/// <param name="target">The masks t, or null where <paramref name="classes"/> are given.</param>
/// <param name="classes">The class of each row, [rows, 1]: the target is 1 there, and elsewhere the top-(k-1) mask of the other scores.</param>
/// <param name="settings">k, the norm and the smoothing.</param>
internal sealed class FenchelYoungOperator(Tensor? target, Tensor? classes, FenchelYoungSettings settings) : RowOperator
{
    public override string Name => nameof(Losses.topk_fenchel_young_loss);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (mask, wanted) = (Mask(x, settings.K), target?.Dense() ?? Best(x, classes!));
        var (losses, gap) = ComputePaths.For(x) == ComputePaths.Core ? OnCore(x, mask, wanted) : InOperations(x, mask, wanted);
        scope.MoveToOuter(losses, gap);
        return (losses, [gap]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) => saved[0] * g.unsqueeze(-1);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) => Vjp(saved, g);

    private Tensor Mask(Tensor x, long k) => Functional.topk_mask(x, k, settings.Norm.Lambda, settings.Norm.P);

    private Tensor Best(Tensor x, Tensor index)
    {
        var others = x.scatter(1, index, index.Filled(double.NegativeInfinity, x.dtype));
        return Mask(others, settings.K - 1).scatter_(1, index, index.Filled(1, x.dtype));
    }

    private (Tensor Losses, Tensor Gap) OnCore(Tensor x, Tensor mask, Tensor wanted)
    {
        var losses = empty([x.size(0)], x.dtype, x.device);
        if (x.dtype == ScalarType.Float32)
        {
            FenchelYoungRows.Compute<float>(x.Span<float>(), mask.Span<float>(), wanted.Span<float>(), settings, losses.Span<float>());
        }
        else
        {
            FenchelYoungRows.Compute<double>(x.Span<double>(), mask.Span<double>(), wanted.Span<double>(), settings, losses.Span<double>());
        }

        return (losses, mask);
    }

    private (Tensor Losses, Tensor Gap) InOperations(Tensor x, Tensor mask, Tensor wanted)
    {
        var regularizers = Regularizer(wanted).Times(settings.TargetShare) - Regularizer(mask);
        var gap = (mask - wanted.Times(settings.TargetShare)).Plus(-settings.UniformShare(x.size(-1)));
        var top = x.amax([-1], keepdim: true);
        var centred = x - top.Fill(top.isfinite().logical_not(), 0);
        var product = (centred * gap).Fill(gap.IsAt(0), 0).sum(-1);
        return (product.Plus(regularizers).Plus(settings.SmoothedRegularizer(x.size(-1))), gap);
    }

    private Tensor Regularizer(Tensor mask)
    {
        var powers = settings.Norm.P == 2 ? mask.Squared() : PowerOf.Share(mask, settings.Norm.P);
        return powers.sum(-1).Times(settings.Norm.Lambda / settings.Norm.P);
    }
}
