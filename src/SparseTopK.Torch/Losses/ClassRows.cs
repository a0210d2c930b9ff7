using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch;

/// <summary>Scores as rows of classes and a class per row, from the shapes that cross_entropy takes.</summary>
/// <param name="Scores">One row per sample: (rows, classes).</param>
/// <param name="Target">The class of each row; 0 where it is ignored.</param>
/// <param name="Ignored">Which rows are ignored.</param>
/// <param name="Shape">The shape of a loss without reduction.</param>
/// <remarks>Its tensors belong to the caller's dispose scope.</remarks>
internal sealed record ClassRows(Tensor Scores, Tensor Target, Tensor Ignored, long[] Shape)
{
    public static ClassRows Check(Tensor input, Tensor target, Tensor? weight, long ignore_index)
    {
        var (scores, shape) = Rows(input);
        ArgumentNullException.ThrowIfNull(target);
        if (target.dtype != ScalarType.Int64)
        {
            throw new ArgumentException($"The classes are {target.dtype}: take Int64.", nameof(target));
        }

        Arguments.CheckBeside(target, input, nameof(target));
        if (!target.shape.SequenceEqual(shape))
        {
            throw new ArgumentException(
                $"The shape is ({string.Join(", ", target.shape)}) where input has ({string.Join(", ", shape)}) rows.", nameof(target));
        }

        var classes = scores.shape[1];
        if (weight is not null)
        {
            Arguments.CheckBeside(weight, input, nameof(weight));
            if (!weight.shape.SequenceEqual([classes]))
            {
                throw new ArgumentException($"One weight per class is needed: {classes}.", nameof(weight));
            }
        }

        var flat = target.reshape(-1);
        var ignored = flat.IsAt(ignore_index);
        var safe = flat.Fill(ignored, 0);
        if (safe.device_type == DeviceType.CPU && safe.numel() > 0 && (safe.min().item<long>() < 0 || safe.max().item<long>() >= classes))
        {
            throw new ArgumentOutOfRangeException(nameof(target), $"A class must be from 0 to {classes - 1}, or ignore_index.");
        }

        return new(scores, safe, ignored, shape);
    }

    /// <summary>(C), (N, C) or (N, C, d1, ...) as rows of C scores, and the shape without C. 16-bit scores are widened.</summary>
    public static (Tensor Scores, long[] Shape) Rows(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Arguments.CheckValues(input, nameof(input));
        if (input.dim() == 0)
        {
            throw new ArgumentException("A tensor without a dimension has no classes.", nameof(input));
        }

        if (!input.is_floating_point())
        {
            throw new NotSupportedException($"The type {input.dtype} is not supported: take a floating-point type.");
        }

        var (dim, shape) = (Math.Min(1, input.dim() - 1), input.shape);
        if (shape[dim] == 0)
        {
            throw new ArgumentException("There are no classes.", nameof(input));
        }

        long[] outer = [.. shape[..(int)dim], .. shape[((int)dim + 1)..]];
        var rows = outer.Aggregate(1L, (product, length) => product * length);
        return (Widened(input).movedim([dim], [-1]).reshape(rows, shape[dim]), outer);
    }

    /// <summary>16-bit floats as float32: a loss is a sum.</summary>
    public static Tensor Widened(Tensor input) =>
        input.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? Widening.To(input, ScalarType.Float32) : input;

    /// <summary>The rows' losses times the weight of their class, reduced. The mean is over the weights of the rows that count.</summary>
    public Tensor Reduce(Tensor losses, Tensor? weight, Reduction reduction)
    {
        var weights = weight is null ? ones_like(losses) : weight.to_type(losses.dtype).index_select(0, Target);
        var counted = weights.detach().Fill(Ignored, 0);
        var weighted = losses.Fill(Ignored, 0) * counted;
        return reduction == Reduction.Mean ? weighted.sum() / counted.sum() : Reduced(weighted, Shape, reduction);
    }

    /// <summary>Losses of rows: as they are, in their shape, or their sum or mean.</summary>
    public static Tensor Reduced(Tensor losses, long[] shape, Reduction reduction) => reduction switch
    {
        Reduction.None => losses.reshape(shape),
        Reduction.Mean => losses.mean(),
        Reduction.Sum => losses.sum(),
        _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "There is no such reduction."),
    };
}
