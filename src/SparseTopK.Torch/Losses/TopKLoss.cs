using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Modules;

/// <summary>The soft top-k error of class scores: 1 - m_y, m the soft top-k mask. Call it with scores and classes.</summary>
/// <remarks>
/// <para>See <see cref="Losses.topk_loss(Tensor, Tensor, long, double, double, Tensor?, long, Reduction)"/> for the formula, the shapes and
/// where its gradient vanishes. The weights are a copy, a buffer of the module ("weight"): they move with it and are in its state_dict.</para>
/// </remarks>
public sealed class TopKLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly long _k;
    private readonly double[]? _distribution;
    private readonly double _lambda;
    private readonly double _p;
    private readonly long _ignoreIndex;

    [ComponentName(Name = "weight")]
    private readonly Tensor? _weight;

    /// <summary>A loss for one k.</summary>
    /// <param name="k">How many guesses are allowed, 1 or more.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones.</param>
    /// <param name="ignore_index">Rows whose target is this do not count.</param>
    /// <param name="reduction">Over the rows.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names it.</exception>
    public TopKLoss(
        long k, double lambda, double p = 2, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean)
        : this(lambda, p, weight, ignore_index, reduction)
    {
        LossArguments.CheckK(k);
        _k = k;
    }

    /// <summary>A loss for a distribution of k.</summary>
    /// <param name="distribution">The probability of k = 1, 2, ...: they sum to 1.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones.</param>
    /// <param name="ignore_index">Rows whose target is this do not count.</param>
    /// <param name="reduction">Over the rows.</param>
    /// <exception cref="ArgumentNullException">distribution is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names it.</exception>
    public TopKLoss(
        IReadOnlyList<double> distribution, double lambda, double p = 2, Tensor? weight = null, long ignore_index = -100,
        Reduction reduction = Reduction.Mean)
        : this(lambda, p, weight, ignore_index, reduction)
    {
        LossArguments.CheckDistribution(distribution);
        _distribution = [.. distribution];
    }

    private TopKLoss(double lambda, double p, Tensor? weight, long ignore_index, Reduction reduction)
        : base(reduction)
    {
        LossArguments.Check(lambda, p, reduction);
        (_lambda, _p, _ignoreIndex) = (lambda, p, ignore_index);
        using var constant = weight?.detach();
        _weight = constant?.clone().DetachFromDisposeScope(); // The module outlives the scope that it is made in.
        RegisterComponents();
    }

    /// <summary>The loss of scores against classes.</summary>
    /// <param name="input">The scores: (C), (N, C) or (N, C, d1, ...).</param>
    /// <param name="target">The true classes, Int64: the shape of input without C.</param>
    /// <exception cref="ArgumentException">An argument does not fit. The exception names it.</exception>
    public override Tensor forward(Tensor input, Tensor target) => _distribution is null
        ? Losses.topk_loss(input, target, _k, _lambda, _p, _weight, _ignoreIndex, reduction)
        : Losses.topk_loss(input, target, _distribution, _lambda, _p, _weight, _ignoreIndex, reduction);
}
