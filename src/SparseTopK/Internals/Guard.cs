using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseTopK.Isotonic;

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

    public static void Order(SoftOrder order)
    {
        if (!(order.Lambda > 0))
        {
            throw new ArgumentException("The order is default(SoftOrder): give it a strength above 0.", nameof(order));
        }
    }

    public static void Solver(TopKSolver solver)
    {
        if (solver is not (TopKSolver.Threshold or TopKSolver.Pav))
        {
            throw new ArgumentException($"There is no solver {solver}.", nameof(solver));
        }
    }

    /// <param name="norm">The regularizer.</param>
    /// <param name="solver">The name of the argument that asks for Dykstra's algorithm.</param>
    public static void Dykstra(PNorm norm, string solver)
    {
        if (norm.P != 2)
        {
            throw new ArgumentException($"Dykstra's algorithm is for p = 2, and p is {norm.P}: take Threshold or Pav.", solver);
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

    /// <summary>Weights of an isotonic regression: n of them or one per entry, none where they may be all 1.</summary>
    public static void Weights<T>(ReadOnlySpan<T> weights, int length, int n, IsotonicTerm term)
        where T : unmanaged, INumberBase<T>
    {
        if (weights.IsEmpty && (term == IsotonicTerm.None || length == 0))
        {
            return;
        }

        Length(weights.Length, weights.Length == length ? length : n, nameof(weights));
        if (IsNative<T>() && !weights.IsEmpty && Stretch.IsFinite(weights) && IsWeight(double.CreateTruncating(Stretch.Min(weights)), term))
        {
            return;
        }

        for (var i = 0; i < weights.Length; i++)
        {
            if (!IsWeight(double.CreateTruncating(weights[i]), term))
            {
                var range = term switch { IsotonicTerm.None => "above 0 and ", IsotonicTerm.Quadratic => "0 or more and ", _ => string.Empty };
                throw new ArgumentOutOfRangeException(nameof(weights), weights[i], $"weights[{i}] must be {range}finite.");
            }
        }
    }

    private static bool IsWeight(double weight, IsotonicTerm term) => double.IsFinite(weight) && term switch
    {
        IsotonicTerm.None => weight > 0,
        IsotonicTerm.Quadratic => weight >= 0,
        _ => true,
    };

    /// <summary>Weights of a permutahedron: n of them or one per entry, finite, and decreasing within a row.</summary>
    public static void DecreasingWeights<T>(ReadOnlySpan<T> weights, int length, int n)
        where T : unmanaged, INumberBase<T>
    {
        Weights(weights, length, n, IsotonicTerm.Linear);
        for (var i = 1; i < weights.Length; i++)
        {
            if (i % n != 0 && double.CreateTruncating(weights[i - 1]) < double.CreateTruncating(weights[i]))
            {
                throw new ArgumentException($"weights[{i}] is above weights[{i - 1}]: they must not increase.", nameof(weights));
            }
        }
    }

    /// <summary>A certificate of blocks, one row after the other.</summary>
    public static void BlockEnds(ReadOnlySpan<int> blockEnds, int length, int n)
    {
        Length(blockEnds.Length, length, nameof(blockEnds));
        for (var row = 0; row < (n == 0 ? 0 : length / n); row++)
        {
            if (!Blocks.AreValid(blockEnds.Slice(row * n, n)))
            {
                throw new ArgumentException($"Row {row} is not what Forward writes: ends that increase up to n = {n}.", nameof(blockEnds));
            }
        }
    }

    /// <summary>The order of each row: every place once.</summary>
    public static void Permutation(ReadOnlySpan<int> permutation, int length, int n)
    {
        Length(permutation.Length, length, nameof(permutation));
        using var scratch = new Internals.Scratch<bool>(n);
        var seen = scratch.Take(n);
        for (var row = 0; row < (n == 0 ? 0 : length / n); row++)
        {
            seen.Clear();
            foreach (var place in permutation.Slice(row * n, n))
            {
                if ((uint)place >= (uint)n || seen[place])
                {
                    throw new ArgumentException($"Row {row} is not what Forward writes: the places 0 to {n - 1}, each once.", nameof(permutation));
                }

                seen[place] = true;
            }
        }
    }

    public static void Defined<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"There is no such {typeof(TEnum).Name}.");
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

    /// <summary>For inputs that are read again after destination has been written, and for outputs of another shape.</summary>
    /// <remarks>In bytes, of spans of any two types: as spans of bytes they could be too long.</remarks>
    public static void NoOverlap<TSource, T>(ReadOnlySpan<TSource> source, Span<T> destination, string name = "destination")
    {
        var shift = (nuint)Unsafe.ByteOffset(
            ref Unsafe.As<TSource, byte>(ref MemoryMarshal.GetReference(source)), ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(destination)));
        var (sourceBytes, bytes) = ((nint)source.Length * Unsafe.SizeOf<TSource>(), (nint)destination.Length * Unsafe.SizeOf<T>());
        if (sourceBytes > 0 && bytes > 0 && (shift < (nuint)sourceBytes || shift > (nuint)(-bytes)))
        {
            throw new ArgumentException("The memory overlaps that of another argument.", name);
        }
    }

    /// <summary>Rows so long that their scratch, in pieces of n, is no array are refused.</summary>
    public static void Scratch(int n, int pieces)
    {
        if (n > Array.MaxLength / pieces)
        {
            throw new ArgumentOutOfRangeException(nameof(n), n, $"A row may have at most {Array.MaxLength / pieces} entries here.");
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
