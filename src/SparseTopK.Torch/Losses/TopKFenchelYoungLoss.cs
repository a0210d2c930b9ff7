using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Modules;

/// <summary>The Fenchel-Young loss of the soft top-k mask: its gradient is the mask less the target. Call it with scores and targets.</summary>
/// <remarks>
/// <para>See <see cref="Losses.topk_fenchel_young_loss"/> for the formula, the shapes and the two kinds of targets. The weights are a copy,
/// a buffer of the module ("weight"): they move with it and are in its state_dict.</para>
/// </remarks>
public sealed class TopKFenchelYoungLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly long _k;
    private readonly double _lambda;
    private readonly double _p;
    private readonly long _ignoreIndex;
    private readonly double _labelSmoothing;

    [ComponentName(Name = "weight")]
    private readonly Tensor? _weight;

    /// <summary>A loss.</summary>
    /// <param name="k">How many classes the mask chooses, 1 or more.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones. For Int64 targets only.</param>
    /// <param name="ignore_index">Rows whose target is this class do not count.</param>
    /// <param name="reduction">Over the rows.</param>
    /// <param name="label_smoothing">From 0 to 1.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names it.</exception>
    public TopKFenchelYoungLoss(
        long k, double lambda, double p = 2, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean,
        double label_smoothing = 0)
        : base(reduction)
    {
        LossArguments.CheckK(k);
        LossArguments.Check(lambda, p, reduction);
        LossArguments.CheckSmoothing(label_smoothing);
        (_k, _lambda, _p, _ignoreIndex, _labelSmoothing) = (k, lambda, p, ignore_index, label_smoothing);
        using var constant = weight?.detach();
        _weight = constant?.clone().DetachFromDisposeScope(); // The module outlives the scope that it is made in.
        RegisterComponents();
    }

    /// <summary>The loss of scores against classes or masks.</summary>
    /// <param name="input">The scores: (C), (N, C) or (N, C, d1, ...).</param>
    /// <param name="target">The true classes, Int64: the shape of input without C; or masks that sum to k, of the shape of input.</param>
    /// <exception cref="ArgumentException">An argument does not fit. The exception names it.</exception>
    public override Tensor forward(Tensor input, Tensor target) =>
        Losses.topk_fenchel_young_loss(input, target, _k, _lambda, _p, _weight, _ignoreIndex, reduction, _labelSmoothing);
}
