using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>An integer or a floating-point number, which stays what it is.</summary>
internal readonly struct Number
{
    private readonly long _integer;
    private readonly double? _real;

    private Number(long integer, double? real) => (_integer, _real) = (integer, real);

    public static implicit operator Number(int value) => new(value, null);

    public static implicit operator Number(long value) => new(value, null);

    public static implicit operator Number(double value) => new(0, value);

    /// <summary>A new Scalar: the caller disposes of it.</summary>
    public Scalar ToScalar() => _real is { } real ? real.ToScalar() : _integer.ToScalar();
}

/// <summary>Operations of a tensor and a number.</summary>
/// <remarks>C# turns a number into a Scalar on its own, and some methods of TorchSharp add a factor of 1, as its operator + does. Nothing
/// keeps such a Scalar from being finalized while native code still reads it. The Scalars made here live until they have been read.</remarks>
internal static class Numbers
{
    public static Tensor Times(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    [OverloadResolutionPriority(1)] // A number is a Number, though TorchSharp would make a tensor of it as well.
    public static Tensor Plus(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        using var one = 1L.ToScalar();
        return tensor.add(scalar, one);
    }

    /// <summary>left + right: the sum of two tensors has a Scalar too, by which the second is multiplied.</summary>
    public static Tensor Plus(this Tensor left, Tensor right)
    {
        using var one = 1L.ToScalar();
        return left.add(right, one);
    }

    /// <summary>The same in the memory of the first.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right)
    {
        using var one = 1L.ToScalar();
        return left.add_(right, one);
    }

    public static Tensor Power(this Tensor tensor, Number exponent)
    {
        using var scalar = exponent.ToScalar();
        return tensor.pow(scalar);
    }

    public static Tensor Squared(this Tensor tensor) => tensor * tensor;

    public static Tensor AddAt(this Tensor tensor, long dim, Tensor index, Tensor source)
    {
        using var one = 1L.ToScalar();
        return tensor.index_add(dim, index, source, one);
    }

    public static Tensor AtLeast(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.clamp_min(scalar);
    }

    public static Tensor AtMost(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.clamp_max(scalar);
    }

    public static Tensor Within(this Tensor tensor, Number low, Number high)
    {
        using var least = low.ToScalar();
        using var most = high.ToScalar();
        return tensor.clamp(least, most);
    }

    /// <summary>The tensor with a number where the mask holds.</summary>
    public static Tensor Fill(this Tensor tensor, Tensor mask, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.masked_fill(mask, scalar);
    }

    /// <summary>The same in the tensor's own memory.</summary>
    public static Tensor FillInPlace(this Tensor tensor, Tensor mask, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.masked_fill_(mask, scalar);
    }

    public static Tensor IsAbove(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.gt(scalar);
    }

    public static Tensor IsBelow(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.lt(scalar);
    }

    public static Tensor IsAt(this Tensor tensor, Number number)
    {
        using var scalar = number.ToScalar();
        return tensor.eq(scalar);
    }

    /// <summary>A tensor of the shape of another, filled.</summary>
    public static Tensor Filled(this Tensor like, Number number, ScalarType? type = null)
    {
        using var scalar = number.ToScalar();
        return full(like.shape, scalar, type ?? like.dtype, like.device);
    }

    /// <summary>0, 1, ..., n - 1 in int64, on the device of another tensor.</summary>
    public static Tensor Places(this Tensor like, long n)
    {
        using var start = 0L.ToScalar();
        using var end = n.ToScalar();
        using var step = 1L.ToScalar();
        return arange(start, end, step, ScalarType.Int64, like.device);
    }
}
