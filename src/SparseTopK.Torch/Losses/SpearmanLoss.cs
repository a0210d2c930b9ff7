using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Modules;

/// <summary>One less Spearman's correlation of soft ranks with the ranks of the target. Call it with predictions and targets.</summary>
/// <remarks>See <see cref="Losses.spearman_loss"/> for the formula, padding and what lambda does.</remarks>
public sealed class SpearmanLoss : Loss<Tensor, Tensor, Tensor>
{
    private readonly double _lambda;
    private readonly SoftRegularization _regularization;
    private readonly long _dim;

    /// <summary>A loss.</summary>
    /// <param name="lambda">The strength of the soft ranks, above 0, in the units of the predictions.</param>
    /// <param name="regularization">The regularizer of the soft ranks.</param>
    /// <param name="dim">The dimension of a row; negative counts from the last.</param>
    /// <param name="reduction">Over the rows.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names it.</exception>
    public SpearmanLoss(
        double lambda, SoftRegularization regularization = SoftRegularization.Quadratic, long dim = -1,
        Reduction reduction = Reduction.Mean)
        : base(reduction)
    {
        TopKSettings.Lambda(lambda);
        LossArguments.Defined(regularization, nameof(regularization));
        LossArguments.Check(reduction);
        (_lambda, _regularization, _dim) = (lambda, regularization, dim);
    }

    /// <summary>The loss of predictions against the order of targets.</summary>
    /// <param name="input">The predictions: rows along dim.</param>
    /// <param name="target">The values to be ranked like, of the same shape.</param>
    /// <exception cref="ArgumentException">An argument does not fit. The exception names it.</exception>
    public override Tensor forward(Tensor input, Tensor target) =>
        Losses.spearman_loss(input, target, _lambda, _regularization, _dim, reduction);
}
