using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Running;

/// <summary>Operations with a number, and sums, whose Scalars live until native code has read them.</summary>
/// <remarks>TorchSharp turns a number into a Scalar on the way, and a sum of two tensors has one too, by which the second is multiplied. In
/// TorchSharp 0.107 nothing keeps such a Scalar from being finalized during the native call, which then reads freed memory.</remarks>
internal static class Scalars
{
    public static Tensor Plus(this Tensor left, Tensor right)
    {
        using Scalar one = 1;
        return left.add(right, one);
    }

    public static Tensor Minus(this Tensor tensor, double number)
    {
        using Scalar scalar = number;
        return tensor.sub(scalar);
    }

    public static Tensor Times(this Tensor tensor, double number)
    {
        using Scalar scalar = number;
        return tensor.mul(scalar);
    }

    public static Tensor Over(this Tensor tensor, double number)
    {
        using Scalar scalar = number;
        return tensor.div(scalar);
    }

    public static Tensor IsBelow(this Tensor tensor, long number)
    {
        using Scalar scalar = number;
        return tensor.lt(scalar);
    }

    public static Tensor IsNonzero(this Tensor tensor)
    {
        using Scalar zero = 0;
        return tensor.ne(zero);
    }

    /// <summary>Adds to a tensor in place.</summary>
    public static void Increase(this Tensor tensor, Tensor by)
    {
        using Scalar one = 1;
        tensor.add_(by, one);
    }

    /// <inheritdoc cref="Increase(Tensor, Tensor)"/>
    public static void Increase(this Tensor tensor, double by)
    {
        using Scalar scalar = by;
        using Scalar one = 1;
        tensor.add_(scalar, one);
    }

    /// <summary>Multiplies a tensor in place.</summary>
    public static void Scale(this Tensor tensor, double factor)
    {
        using Scalar scalar = factor;
        tensor.mul_(scalar);
    }
}
