using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseTopK.Internals;

/// <summary>The checks at the public edge. Each error names the argument.</summary>
internal static class Guard
{
    public static void Norm(PNorm norm)
    {
        if (!(norm.P > 1) || !(norm.Lambda > 0))
        {
            throw new ArgumentException("The norm is default(PNorm): give it an exponent above 1 and a strength above 0.", nameof(norm));
        }
    }

    public static void Solver(TopKSolver solver)
    {
        if (solver is not (TopKSolver.Threshold or TopKSolver.Pav))
        {
            throw new ArgumentException($"The solver {solver} is not available: take Threshold or Pav.", nameof(solver));
        }
    }

    /// <summary>The number of rows of n entries in x.</summary>
    public static int Rows(int length, int n, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        return n == 0
            ? length == 0 ? 0 : throw new ArgumentException($"Rows of n = 0 entries, but {name} holds {length}.", name)
            : length % n == 0 ? length / n : throw new ArgumentException($"The length {length} is no multiple of n = {n}.", name);
    }

    public static void K(int k, int n)
    {
        if ((uint)k > (uint)n)
        {
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be from 0 to n = {n}.");
        }
    }

    public static void K(ReadOnlySpan<int> k, int rows, int n)
    {
        Length(k.Length, rows, nameof(k));
        for (var i = 0; i < k.Length; i++)
        {
            if ((uint)k[i] > (uint)n)
            {
                throw new ArgumentOutOfRangeException(nameof(k), k[i], $"k[{i}] must be from 0 to n = {n}.");
            }
        }
    }

    public static void Length(int length, int expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"The length is {length}, where {expected} was expected.", name);
        }
    }

    /// <summary>The same memory is fine (each entry is read before it is written); a shifted overlap is not.</summary>
    public static void Overlap<T>(ReadOnlySpan<T> source, Span<T> destination, string name = "destination")
    {
        if (source.Overlaps(destination, out var offset) && offset != 0)
        {
            throw new ArgumentException("The memory overlaps the input's, shifted against it.", name);
        }
    }

    /// <summary>Whether T is computed as it is; otherwise it is a 16-bit float and is widened to float.</summary>
    public static bool IsNative<T>()
        where T : unmanaged, INumberBase<T> =>
        typeof(T) == typeof(float) || typeof(T) == typeof(double)
            || (Unsafe.SizeOf<T>() == 2 && !T.IsInteger(T.CreateTruncating(0.5))
                ? false
                : throw new NotSupportedException($"{typeof(T)} is not supported: take float, double or a 16-bit float."));
}
