using SparseTopK.Torch.Functions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch;

/// <summary>Losses on soft top-k masks, soft ranks and routers' gates: functions of tensors, differentiable to the first order.</summary>
/// <remarks>
/// <para>Every temporary is disposed on return. Nothing is kept between calls; they are thread-safe. 16-bit scores are computed in
/// float32, and so is their loss.</para>
/// <para>Values of targets are checked on the CPU only: on another device the check would wait for it.</para>
/// </remarks>
public static partial class Losses
{
    /// <summary>The soft top-k error: how much of the true class is missing from the soft top-k mask of the scores.</summary>
    /// <param name="input">The scores s (logits): (C), (N, C) or (N, C, d1, ...), C classes.</param>
    /// <param name="target">The true classes y, Int64: the shape of input without C.</param>
    /// <param name="k">How many guesses are allowed, from 1 to C.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones.</param>
    /// <param name="ignore_index">Rows whose target is this do not count.</param>
    /// <param name="reduction">The mean is over the weights of the rows that count (NaN where none does), as in cross_entropy.</param>
    /// <returns>A scalar, or the shape of target without reduction.</returns>
    /// <remarks>
    /// <para><c>l(s, y) = 1 - m_y(s)</c>, m the mask of <see cref="Functional.topk_mask(Tensor, long, double, double, long, TopKSolver)"/>.</para>
    /// <para>From 0 to 1. It is 0 where the true class is among the k largest and lambda or more above the (k+1)-th score, 1 where it
    /// is lambda or more below the k-th of the others. Wherever the true class is not among the k largest, l is at least 1/(k+1): (k+1) l
    /// bounds the top-k error from above. As lambda falls it becomes that error.</para>
    /// <para>It is not convex, and its gradient is exactly 0 on the rows where m_y is 0: a class far below the k-th learns nothing.
    /// Then take a larger lambda (of the size of the scores' spread), add cross_entropy, train with it first, or take
    /// <see cref="topk_fenchel_young_loss"/>, whose gradient does not vanish there.</para>
    /// <para>There is no label smoothing: the mask sums to k, so smoothed labels would add a constant and scale the gradient.</para>
    /// <para>Cost: O(C) per row. Source: the top-k losses of Sander et al., ICML 2023, arXiv:2302.01425, section 5.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">input or target is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range or shapes do not match. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of input is not supported.</exception>
    public static Tensor topk_loss(
        Tensor input, Tensor target, long k, double lambda, double p = 2, Tensor? weight = null, long ignore_index = -100,
        Reduction reduction = Reduction.Mean)
    {
        LossArguments.Check(lambda, p, reduction);
        using var scope = NewDisposeScope();
        var rows = ClassRows.Check(input, target, weight, ignore_index);
        LossArguments.CheckK(k, rows.Scores.shape[1]);
        return rows.Reduce(Missing(rows, k, lambda, p), weight, reduction).MoveToOuterDisposeScope();
    }

    /// <summary>The mean soft top-k error over a distribution of k.</summary>
    /// <param name="input">The scores s (logits): (C), (N, C) or (N, C, d1, ...), C classes.</param>
    /// <param name="target">The true classes y, Int64: the shape of input without C.</param>
    /// <param name="distribution">The probability of k = 1, 2, ...: they sum to 1. {0.5, 0, 0, 0, 0.5} is top-1 and top-5.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones.</param>
    /// <param name="ignore_index">Rows whose target is this do not count.</param>
    /// <param name="reduction">The mean is over the weights of the rows that count (NaN where none does), as in cross_entropy.</param>
    /// <returns>A scalar, or the shape of target without reduction.</returns>
    /// <remarks>
    /// <para><c>l(s, y) = sum over k of P(k) (1 - m^(k)_y(s))</c>: the mean of
    /// <see cref="topk_loss(Tensor, Tensor, long, double, double, Tensor?, long, Reduction)"/> over k.</para>
    /// <para>Cost: one mask per k that has a probability. Source: a distribution over k is the proposal of Petersen et al.,
    /// <i>Differentiable Top-k Classification Learning</i>, ICML 2022, arXiv:2206.07290, whose loss is the logarithm of such a sum.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">input, target or distribution is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range or shapes do not match. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of input is not supported.</exception>
    public static Tensor topk_loss(
        Tensor input, Tensor target, IReadOnlyList<double> distribution, double lambda, double p = 2, Tensor? weight = null,
        long ignore_index = -100, Reduction reduction = Reduction.Mean)
    {
        LossArguments.Check(lambda, p, reduction);
        using var scope = NewDisposeScope();
        var rows = ClassRows.Check(input, target, weight, ignore_index);
        LossArguments.CheckDistribution(distribution, rows.Scores.shape[1]);
        Tensor? losses = null;
        for (var j = 0; j < distribution.Count; j++)
        {
            if (distribution[j] > 0)
            {
                var term = Missing(rows, j + 1, lambda, p).Times(distribution[j]);
                losses = losses is null ? term : losses.Plus(term);
            }
        }

        return rows.Reduce(losses!, weight, reduction).MoveToOuterDisposeScope();
    }

    private static Tensor Missing(ClassRows rows, long k, double lambda, double p)
    {
        var mask = Functional.topk_mask(rows.Scores, k, lambda, p);
        return mask.gather(1, rows.Target.unsqueeze(1)).squeeze(1).neg().Plus(1);
    }
}
