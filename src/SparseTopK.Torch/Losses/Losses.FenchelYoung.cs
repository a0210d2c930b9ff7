using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch;

public static partial class Losses
{
    /// <summary>The Fenchel-Young loss of the soft top-k mask: its gradient is the mask of the scores less the target.</summary>
    /// <param name="input">The scores s (logits): (C), (N, C) or (N, C, d1, ...), C classes.</param>
    /// <param name="target">Int64: the true classes y, the shape of input without C. Or floating-point: masks t of the shape of input,
    /// numbers from 0 to 1 with the sum k over the classes, such as k true labels. They are constants: they get no gradient.</param>
    /// <param name="k">How many classes the mask chooses, from 1 to C.</param>
    /// <param name="lambda">The strength, above 0, in the units of the scores: the margin that the true class is asked for.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="weight">A weight per class, or null for ones. For Int64 targets only.</param>
    /// <param name="ignore_index">Rows whose target is this class do not count.</param>
    /// <param name="reduction">The mean is over the weights of the rows that count (NaN where none does), as in cross_entropy.</param>
    /// <param name="label_smoothing">e from 0 to 1: the target becomes (1 - e) t + e k/C.</param>
    /// <returns>A scalar, or the shape of input without C.</returns>
    /// <remarks>
    /// <para>C = {0 &lt;= m_i &lt;= 1, sum m = k}, R(m) = (lambda/p) ||m||_p^p, m(s) = argmax over C of &lt;s, m&gt; - R(m), the mask.</para>
    /// <para>Masks t: <c>L(s, t) = &lt;s, m(s)&gt; - R(m(s)) - &lt;s, t&gt; + R(t)</c>, convex in s, with the gradient m(s) - t. It is 0
    /// exactly where m(s) = t, and for p = 2 at least (lambda/2) ||m(s) - t||^2.</para>
    /// <para>A class y: L(s, t) for the t in C with t_y = 1 that is best for s: t is 1 at y and the soft top-(k-1) mask of the other
    /// classes. It is 0 exactly where m_y(s) = 1; the gradient m(s) - t is m_y - 1 at y and sums to 0: it vanishes only where the
    /// loss is 0, however far y is below the k-th score. Where y is not among the k largest and p = 2, the loss is at least
    /// lambda/(2 (k+1)^2). For k = 1 it is convex, and lambda times the sparsemax loss of s/lambda at p = 2. For k &gt; 1 it is a difference of
    /// convex functions. (The one-hot vector of y is no target for k &gt; 1: it does not sum to k, and the loss would fall without bound
    /// as all scores fall.)</para>
    /// <para>Smoothing by e: (1 - e) L of the target + e L(s, k/C). Values are at least 0 up to rounding.</para>
    /// <para>Cost: O(C) per row, two masks for a class.</para>
    /// <para>Sources: Blondel, Martins and Niculae, <i>Learning with Fenchel-Young Losses</i>, JMLR 2020, arXiv:1901.02324; the best target
    /// that agrees with a partial label: Cabannes, Rudi and Bach, ICML 2020, arXiv:2003.00920 (infimum loss); compare the smooth top-k
    /// SVM of Berrada, Zisserman and Kumar, ICLR 2018, arXiv:1802.07595; sparsemax: Martins and Astudillo, ICML 2016, arXiv:1602.02068.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">input or target is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range or shapes do not match. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of input is not supported.</exception>
    public static Tensor topk_fenchel_young_loss(
        Tensor input, Tensor target, long k, double lambda, double p = 2, Tensor? weight = null, long ignore_index = -100,
        Reduction reduction = Reduction.Mean, double label_smoothing = 0)
    {
        LossArguments.Check(lambda, p, reduction);
        LossArguments.CheckSmoothing(label_smoothing);
        ArgumentNullException.ThrowIfNull(target);
        using var scope = NewDisposeScope();
        var settings = new FenchelYoungSettings(k, new(p, lambda), label_smoothing);
        if (target.is_floating_point())
        {
            var (scores, shape) = ClassRows.Rows(input);
            LossArguments.CheckK(k, scores.shape[1]);
            var masks = Masks(input, target, k, weight).to_type(scores.dtype);
            return ClassRows.Reduced(new FenchelYoungOperator(masks, null, settings).Apply(scores.Dense()), shape, reduction).MoveToOuterDisposeScope();
        }

        var rows = ClassRows.Check(input, target, weight, ignore_index);
        LossArguments.CheckK(k, rows.Scores.shape[1]);
        var losses = new FenchelYoungOperator(null, rows.Target.unsqueeze(1), settings).Apply(rows.Scores.Dense());
        return rows.Reduce(losses, weight, reduction).MoveToOuterDisposeScope();
    }

    private static Tensor Masks(Tensor input, Tensor target, long k, Tensor? weight)
    {
        Arguments.CheckBeside(target, input, nameof(target));
        if (!target.shape.SequenceEqual(input.shape))
        {
            throw new ArgumentException("Masks need the shape of input.", nameof(target));
        }

        if (weight is not null)
        {
            throw new ArgumentException("Weights of classes go with Int64 targets.", nameof(weight));
        }

        var masks = ClassRows.Rows(target).Scores.detach();
        if (masks.device_type == DeviceType.CPU && masks.numel() > 0
            && (Number(masks.min()) < 0 || Number(masks.max()) > 1 || Number(masks.sum(1).Plus(-k).abs().max()) > 1e-3 * k))
        {
            throw new ArgumentException($"Masks must be from 0 to 1 with the sum k = {k} over the classes.", nameof(target));
        }

        return masks;
    }

    private static double Number(Tensor x) => x.to(ScalarType.Float64).item<double>();
}
