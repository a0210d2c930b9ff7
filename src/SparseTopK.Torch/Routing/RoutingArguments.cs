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
    }

    public static void CheckSame(Tensor gates, Tensor? other, string name)
    {
        if (other is not null && !other.shape.SequenceEqual(gates.shape))
        {
            throw new ArgumentException("The shape is not that of the gates.", name);
        }
    }

    public static void CheckPadding(Tensor? padding, params long[] shape)
    {
        if (padding is not null && (padding.dtype != ScalarType.Bool || !padding.shape.SequenceEqual(shape)))
        {
            throw new ArgumentException($"Padding must be Bool, of the shape ({string.Join(", ", shape)}), true where a token is padding.", nameof(padding));
        }
    }
}
