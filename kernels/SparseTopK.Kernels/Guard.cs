using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <summary>The checks at the public edge. Each error names the argument.</summary>
internal static class Guard
{
    /// <summary>A team counts rows in an int, in steps of up to 2^21.</summary>
    private const int MostRows = int.MaxValue - (1 << 21);

    /// <summary>The number of rows of n entries in a view.</summary>
    public static int Rows(long length, int n, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (n == 0)
        {
            return length == 0 ? 0 : throw new ArgumentException($"Rows of n = 0 entries, but {name} holds {length}.", name);
        }

        if (length % n != 0)
        {
            throw new ArgumentException($"The length {length} is no multiple of n = {n}.", name);
        }

        return length / n <= MostRows ? (int)(length / n) : throw new ArgumentException($"There are more than {MostRows:N0} rows.", name);
    }

    public static void Length(long length, long expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"The length is {length}, where {expected} was expected.", name);
        }
    }

    public static void K(int k, int n)
    {
        if ((uint)k > (uint)n)
        {
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be from 0 to n = {n}.");
        }
    }

    public static void Norm(PNorm norm)
    {
        if (!(norm.P > 1) || !(norm.Lambda > 0))
        {
            throw new ArgumentException("The norm is default(PNorm): give it an exponent above 1 and a strength above 0.", nameof(norm));
        }
    }

    public static void View<T>(ArrayView<T> view, Accelerator accelerator, string name)
        where T : unmanaged
    {
        if (!view.IsValid || view.GetAccelerator() != accelerator)
        {
            throw new ArgumentException($"The view is not memory of the accelerator {accelerator.Name}.", name);
        }

        // A kernel would be handed its old address, and end the process.
        if (Buffer(view).IsDisposed)
        {
            throw new ArgumentException("The memory of the view has been disposed of.", name);
        }
    }

    /// <summary>The caller's stream, or the accelerator's default one.</summary>
    public static AcceleratorStream Stream(AcceleratorStream? stream, Accelerator accelerator)
    {
        ObjectDisposedException.ThrowIf(accelerator.IsDisposed, accelerator);
        ObjectDisposedException.ThrowIf(stream is { IsDisposed: true }, typeof(AcceleratorStream));
        return stream is null || stream.Accelerator == accelerator ? stream ?? accelerator.DefaultStream
            : throw new ArgumentException($"The stream is not one of the accelerator {accelerator.Name}.", nameof(stream));
    }

    /// <summary>Whether two views are the same memory.</summary>
    public static bool IsSame<T>(ArrayView<T> left, ArrayView<T> right)
        where T : unmanaged => Buffer(left) == Buffer(right) && Shift(left, right) == 0;

    /// <summary>The same memory is fine (each entry is read before it is written); a shifted overlap is not.</summary>
    public static void Overlap<T>(ArrayView<T> source, ArrayView<T> destination, string name)
        where T : unmanaged
    {
        var shift = Shift(source, destination);
        if (Buffer(source) == Buffer(destination) && shift != 0 && shift < source.LengthInBytes)
        {
            throw new ArgumentException("The memory overlaps the input's, shifted against it.", name);
        }
    }

    /// <summary>No byte may be shared with an input of another shape.</summary>
    public static void NoOverlap<TSource, T>(ArrayView<TSource> source, ArrayView<T> destination, string name)
        where TSource : unmanaged
        where T : unmanaged
    {
        if (source.Length == 0 || destination.Length == 0 || Buffer(source) != Buffer(destination))
        {
            return;
        }

        var (first, second) = ((long)source.LoadEffectiveAddressAsPtr(), (long)destination.LoadEffectiveAddressAsPtr());
        if (first < second + destination.LengthInBytes && second < first + source.LengthInBytes)
        {
            throw new ArgumentException("The memory overlaps an input's.", name);
        }
    }

    private static long Shift<T>(ArrayView<T> left, ArrayView<T> right)
        where T : unmanaged => Math.Abs((long)right.LoadEffectiveAddressAsPtr() - left.LoadEffectiveAddressAsPtr());

    private static MemoryBuffer Buffer(IArrayView view) => view.Buffer;
}
