using SparseTopK.Torch.Functions;
using SparseTopK.Torch.Modules;
using SparseTopK.Torch.TorchOperations;
using TorchSharp;
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
        var x = Widening.To(input, Wide.TypeOn(input)).movedim([dim], [-1]).Dense();
        var (wanted, padding) = WantedRanks(x, target.detach().movedim([dim], [-1]));
        var order = new OrderArguments((int)x.size(-1), new(lambda, SortDirection.Ascending, regularization), IsRank: true);
        var losses = new SpearmanOperator(ComputePaths.For(x), order, wanted, padding).Apply(x);
        var type = ClassRows.Widened(input).dtype;
        return ClassRows.Reduced(losses.to_type(type), losses.shape, reduction).MoveToOuterDisposeScope();
    }

    /// <summary>The ranks of the targets, up to a factor and a constant, and what is padding: null where it is known that nothing is.</summary>
    private static (Tensor Ranks, Tensor? Padding) WantedRanks(Tensor x, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();

        // Integers of 64 bits may be equal as floating-point numbers. Their ranks are not.
        var values = target.is_floating_point() ? target : target.dtype == ScalarType.Int64 ? Ranks(target) : target.to(ScalarType.Float64);
        var padding = x.isneginf().logical_or_(values.isneginf());
        var isDense = x.device_type == DeviceType.CPU && !padding.any().item<bool>();
        var ranks = Ranks(isDense ? values : values.Fill(padding, double.NegativeInfinity)).to(x.dtype).MoveToOuterDisposeScope();
        return (ranks, isDense ? null : padding.MoveToOuterDisposeScope());
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

        if (Arguments.Length(input, dim) > int.MaxValue || (input.device_type == DeviceType.CPU && input.numel() > int.MaxValue / sizeof(double)))
        {
            throw new ArgumentException($"The tensor holds {input.numel()} entries: in float64 2 GiB or more, or 2^31 in a row.", nameof(input));
        }
    }

    /// <summary>Twice the ranks less 1, ranks 1 to n along the last dimension, equal values sharing their mean. NaN stays NaN.</summary>
    private static Tensor Ranks(Tensor values)
    {
        using var scope = NewDisposeScope();
        var rows = values.contiguous();
        var (sorted, order) = rows.sort(-1);
        order.Dispose(); // It is as large as all the rest.
        var ranks = searchsorted(sorted, rows, out_int32: true).to(ScalarType.Float64);
        ranks.PlusInPlace(searchsorted(sorted, rows, out_int32: true, right: true));
        return ranks.FillInPlace(rows.isnan(), double.NaN).MoveToOuterDisposeScope();
    }
}
