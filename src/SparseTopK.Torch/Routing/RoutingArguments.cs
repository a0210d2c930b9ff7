using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>Checks of tensors of tokens and experts. Each names the argument of the caller.</summary>
internal static class RoutingArguments
{
    public static void CheckMatrix(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 2 || !tensor.is_floating_point())
        {
            throw new ArgumentException("A floating-point tensor of (tokens, experts) is needed.", name);
        }

        Arguments.CheckValues(tensor, name);
    }

    public static void CheckSame(Tensor gates, Tensor? other, string name)
    {
        if (other is null)
        {
            return;
        }

        CheckMatrix(other, name);
        Arguments.CheckBeside(other, gates, name);
        if (!other.shape.SequenceEqual(gates.shape))
        {
            throw new ArgumentException("The shape is not that of the gates.", name);
        }
    }

    /// <param name="padding">Which of the tokens are padding, if any.</param>
    /// <param name="tokens">What they are the tokens of: its first dimensions are theirs.</param>
    /// <param name="shape">Those dimensions.</param>
    public static void CheckPadding(Tensor? padding, Tensor tokens, params long[] shape)
    {
        if (padding is null)
        {
            return;
        }

        Arguments.CheckBeside(padding, tokens, nameof(padding));
        if (padding.dtype != ScalarType.Bool || !padding.shape.SequenceEqual(shape))
        {
            throw new ArgumentException($"Padding must be Bool, of the shape ({string.Join(", ", shape)}), true where a token is padding.", nameof(padding));
        }
    }
}
