using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The weights of an isotonic regression.</summary>
internal static class RegressionWeights
{
    public static void Check(Tensor? weights, Tensor x, long dim, IsotonicObjective objective)
    {
        if (weights is null)
        {
            if (objective != IsotonicObjective.LeastSquares && x.numel() > 0)
            {
                throw new ArgumentException($"The objective {objective} needs weights.", nameof(weights));
            }

            return;
        }

        if (!weights.is_floating_point())
        {
            throw new ArgumentException($"The weights hold {weights.dtype}: a floating-point type is needed.", nameof(weights));
        }

        if (weights.requires_grad && is_grad_enabled())
        {
            throw new ArgumentException("The gradient is that of x alone: detach() the weights.", nameof(weights));
        }

        Arguments.CheckBeside(weights, x, nameof(weights));
        if (!weights.shape.SequenceEqual(x.shape) && !weights.shape.SequenceEqual([Arguments.Length(x, dim)]))
        {
            throw new ArgumentException(
                $"The weights have the shape [{string.Join(", ", weights.shape)}]: that of x or [{Arguments.Length(x, dim)}] is needed.", nameof(weights));
        }
    }

    /// <summary>The weights as rows: of the type of x, with its dimension at the end, and without gaps.</summary>
    /// <param name="weights">The weights, checked.</param>
    /// <param name="rows">x as rows.</param>
    /// <param name="dim">The dimension.</param>
    public static Tensor? AlongLast(Tensor? weights, Tensor rows, long dim)
    {
        if (weights is null)
        {
            return null;
        }

        var moved = weights.dim() == rows.dim() ? weights.movedim([dim], [-1]) : weights;
        return moved.to(rows.dtype).Dense();
    }
}
