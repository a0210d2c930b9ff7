using SparseTopK.Torch.Functions;
using SparseTopK.Torch.Modules;
using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch;

public static partial class Losses
{
    /// <summary>One less Spearman's correlation of soft ranks with the ranks of the target, per row.</summary>
    /// <param name="input">The predictions x: rows along dim.</param>
    /// <param name="target">The values to be ranked like, of the shape of input: only their order counts. They get no gradient.</param>
    /// <param name="lambda">The strength of the soft ranks, above 0, in the units of x.</param>
    /// <param name="regularization">The regularizer of the soft ranks.</param>
    /// <param name="dim">The dimension of a row; negative counts from the last.</param>
    /// <param name="reduction">Over the rows.</param>
    /// <returns>A scalar, or the shape of input without dim.</returns>
    /// <remarks>
    /// <para><c>l = 1 - &lt;r - mean r, t - mean t&gt; / (||r - mean r|| ||t - mean t||)</c>, r the soft ranks of x, t the hard ranks of the target,
    /// equal values sharing the mean of their ranks. From 0 (the same order) to 2 (the reverse). Where the gaps of x are lambda or more, r
    /// are the ranks and l is 1 - Spearman's rho exactly; there the gradient vanishes, so lambda should not be below the usual gap. For
    /// large lambda (quadratic) r is x/lambda plus a constant: l is 1 - Pearson's correlation of x with t.</para>
    /// <para>Padding: entries where input or target is -infinity are left out, with gradient 0; rows may have different lengths. A row with fewer
    /// than two entries, or whose targets are all equal, has the loss 1 and no gradient. A row with a NaN is NaN.</para>
    /// <para>Cost: O(n log n) per row. Source: Blondel, Teboul, Berthet and Djolonga, <i>Fast Differentiable Sorting and Ranking</i>, ICML
    /// 2020, arXiv:2002.08871, whose loss is ||r - t||^2/2: for hard ranks without ties l is that times 12/(n^3 - n).</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">input or target is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range or shapes do not match. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of input is not supported.</exception>
    public static Tensor spearman_loss(
        Tensor input, Tensor target, double lambda, SoftRegularization regularization = SoftRegularization.Quadratic, long dim = -1,
        Reduction reduction = Reduction.Mean)
    {
        TopKSettings.Lambda(lambda);
        LossArguments.Defined(regularization, nameof(regularization));
        LossArguments.Check(reduction);
        CheckRows(input, target, dim);
        using var scope = NewDisposeScope();

        // Ranks far from 1 less their mean, and products of long rows: in float64, and the loss is narrowed.
        var x = Widening.To(input, Wide.TypeOn(input)).movedim([dim], [-1]);
        var values = (target.is_floating_point() ? target.detach() : target.to_type(ScalarType.Float64)).movedim([dim], [-1]);
        var padding = x.isneginf().logical_or(values.isneginf());
        var ranks = Functional.soft_rank(
            x.Fill(padding, double.NegativeInfinity), lambda, SortDirection.Ascending, regularization);
        var predicted = Centred(ranks, padding);
        var wanted = Centred(AverageRanks(values.Fill(padding, double.NegativeInfinity)).to_type(x.dtype), padding);
        var norms = SquaredNorm(predicted).sqrt() * SquaredNorm(wanted).sqrt();
        var losses = ((predicted * wanted).sum(-1) / norms).neg().Plus(1);
        var type = ClassRows.Widened(input).dtype;
        return ClassRows.Reduced(losses.to_type(type), losses.shape, reduction).MoveToOuterDisposeScope();
    }

    private static void CheckRows(Tensor input, Tensor target, long dim)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        Arguments.CheckValues(input, nameof(input));
        if (!input.is_floating_point())
        {
            throw new NotSupportedException($"The type {input.dtype} is not supported: take a floating-point type.");
        }

        Arguments.CheckBeside(target, input, nameof(target));
        if (target.is_complex())
        {
            throw new ArgumentException($"{target.dtype} has no order.", nameof(target));
        }

        if (!input.shape.SequenceEqual(target.shape))
        {
            throw new ArgumentException("input and target must have the same shape.", nameof(target));
        }

        if (dim < -input.dim() || dim >= input.dim())
        {
            throw new ArgumentOutOfRangeException(nameof(dim), dim, $"dim must be from {-input.dim()} to {input.dim() - 1}.");
        }
    }

    /// <summary>Less their mean, without the padding, which becomes 0.</summary>
    private static Tensor Centred(Tensor ranks, Tensor padding)
    {
        var counts = padding.logical_not().sum(-1, keepdim: true).AtLeast(1);
        var mean = ranks.Fill(padding, 0).sum(-1, keepdim: true) / counts;
        return (ranks - mean).Fill(padding, 0);
    }

    /// <summary>The sum of squares; 1 where it is 0 but for rounding, so that a constant row has a finite gradient.</summary>
    private static Tensor SquaredNorm(Tensor centred)
    {
        var n = centred.shape[^1];
        var rounding = 4 * n * Math.Pow(n * (centred.dtype == ScalarType.Float64 ? 2.3e-16 : 1.2e-7), 2);
        var squares = centred.Squared().sum(-1);
        return squares.Fill(squares.IsAbove(rounding).logical_not(), 1);
    }

    /// <summary>Ranks 1 to n along the last dimension, equal values sharing their mean. NaN stays NaN.</summary>
    private static Tensor AverageRanks(Tensor values)
    {
        var rows = values.contiguous();
        var sorted = rows.sort(-1).Values.contiguous();
        var ranks = searchsorted(sorted, rows).Plus(searchsorted(sorted, rows, right: true)).Plus(1).to_type(ScalarType.Float64).Times(0.5);
        return ranks.Fill(rows.isnan(), double.NaN);
    }
}
