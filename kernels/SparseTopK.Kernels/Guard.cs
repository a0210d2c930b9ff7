using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <summary>The checks at the public edge. Each error names the argument.</summary>
internal static class Guard
{
    /// <summary>The number of rows of n entries in a view.</summary>
    public static long Rows(long length, int n, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        return n == 0
            ? length == 0 ? 0 : throw new ArgumentException($"Rows of n = 0 entries, but {name} holds {length}.", name)
            : length % n == 0 ? length / n : throw new ArgumentException($"The length {length} is no multiple of n = {n}.", name);
    }

    public static void Length(long length, long expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"The length is {length}, where {expected} was expected.", name);
        }
    }

    public static void ExponentUpToTwo(PNorm norm, string name)
    {
        if (!(norm.P > 1 && norm.P <= 2) || !(norm.Lambda > 0))
        {
            throw new ArgumentException("The kernels take an exponent p above 1 and up to 2, and a strength above 0.", name);
        }
    }

    public static void View<T>(ArrayView<T> view, Accelerator accelerator, string name)
        where T : unmanaged
    {
        if (!view.IsValid || view.GetAccelerator() != accelerator)
        {
            throw new ArgumentException($"The view is not memory of the accelerator {accelerator.Name}.", name);
        }
    }

    public static void Stream(AcceleratorStream? stream, Accelerator accelerator, string name)
    {
        if (stream is not null && stream.Accelerator != accelerator)
        {
            throw new ArgumentException($"The stream is not one of the accelerator {accelerator.Name}.", name);
        }
    }

    /// <summary>The same memory is fine (each entry is read before it is written); a shifted overlap is not.</summary>
    public static void Overlap<T>(ArrayView<T> source, ArrayView<T> destination, string name)
        where T : unmanaged
    {
        var shift = Math.Abs(destination.LoadEffectiveAddressAsPtr() - source.LoadEffectiveAddressAsPtr());
        if (Buffer(source) == Buffer(destination) && shift != 0 && shift < source.LengthInBytes)
        {
            throw new ArgumentException("The memory overlaps the input's, shifted against it.", name);
        }
    }

    private static MemoryBuffer Buffer(IArrayView view) => view.Buffer;
}
