using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SparseTopK.Tests.Packages;

/// <summary>Calls every operator of the core, and hashes the bits of all that comes out. It uses the public surface alone, since a project that
/// has the package compiles it too.</summary>
public static class EveryOperator
{
    private static readonly PNorm[] Norms = [PNorm.Quadratic(0.1), PNorm.Smooth(0.3), new(1.5, 0.2), new(3, 0.5)];
    private static readonly (int Rows, int N, int K)[] Shapes = [(1, 1, 1), (40, 8, 2), (9, 50, 7), (3, 1000, 100), (1, 200_000, 2000)];

    /// <summary>SHA-256 of every result, in float, double and Half.</summary>
    public static string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (rows, n, k) in Shapes)
        {
            TopK<float>(hash, rows, n, k);
            TopK<double>(hash, rows, n, k);
            TopK<Half>(hash, rows, Math.Min(n, 1000), Math.Min(k, 100));
            Orders<float>(hash, rows, n);
            Orders<double>(hash, rows, n);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void TopK<T>(IncrementalHash hash, int rows, int n, int k)
        where T : unmanaged, INumber<T>
    {
        T[] x = Normal<T>(rows * n, 1), other = Normal<T>(rows * n, 2), result = new T[rows * n];
        foreach (var norm in Norms)
        {
            var mask = TopKMask.Forward<T>(x, n, k, norm);
            Add<T>(hash, mask);
            Add<T>(hash, TopKMask.Vjp<T>(mask, other, n, norm));
            TopKMask.Jvp<T>(mask, other, n, norm, result);
            Add<T>(hash, result);
            Add<T>(hash, TopKMagnitude.Forward<T>(x, n, k, norm, out var thresholds));
            Add<double>(hash, thresholds);
            Add<T>(hash, TopKMagnitude.Vjp<T>(x, thresholds, other, n, k, norm));
            TopKMagnitude.Jvp<T>(x, thresholds, other, n, k, norm, result);
            Add<T>(hash, result);
            Add<T>(hash, Permutahedron.Forward<T>(x, n, Falling<T>(n), norm, out var permutation, out var blockEnds));
            Add<int>(hash, permutation);
            Add<int>(hash, blockEnds);
        }

        Add<T>(hash, TopKMask.Forward<T>(x, n, k, Norms[1], TopKSolver.Pav));
        TopKMask.Forward<T>(new ReadOnlyTensorSpan<T>(x, [rows, n]), k, Norms[0], new TensorSpan<T>(result, [rows, n]));
        Add<T>(hash, result);
        int[] counts = new int[rows], indices = new int[rows * n];
        var pairs = TopKMask.ForwardSparse<T>(x, n, k, Norms[0], counts, indices, result);
        Add<int>(hash, indices.AsSpan(0, pairs));
        if (n <= 50)
        {
            TopKMask.Forward<T>(x, n, Enumerable.Repeat(k, rows).ToArray(), Norms[0], result, [], new DykstraOptions { AcceptUnconverged = true });
            Add<T>(hash, result);
        }
    }

    private static void Orders<T>(IncrementalHash hash, int rows, int n)
        where T : unmanaged, INumber<T>
    {
        T[] x = Normal<T>(rows * n, 3), other = Normal<T>(rows * n, 4);
        foreach (var regularization in Enum.GetValues<SoftRegularization>())
        {
            SoftOrder order = new(0.2, SortDirection.Descending, regularization);
            Add<T>(hash, SoftRank.Forward<T>(x, n, order, out var permutation, out var blockEnds));
            Add<T>(hash, SoftRank.Vjp<T>(x, permutation, blockEnds, other, n, order));
            Add<T>(hash, SoftSort.Forward<T>(x, n, order, out permutation, out blockEnds));
            Add<T>(hash, SoftSort.Vjp<T>(x, permutation, blockEnds, other, n, order));
        }

        foreach (var objective in new[] { IsotonicObjective.LeastSquares, IsotonicObjective.LinearTerm(Norms[1]), IsotonicObjective.QuadraticTerm(Norms[0]) })
        {
            var weights = Falling<T>(n);
            var v = IsotonicRegression.Forward<T>(x, n, weights, objective, out var blockEnds);
            Add<T>(hash, v);
            Add<T>(hash, IsotonicRegression.Vjp<T>(x, v, blockEnds, other, n, weights, objective));
        }
    }

    private static T[] Normal<T>(int count, int seed)
        where T : INumber<T>
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => T.CreateChecked(Enumerable.Range(0, 4).Sum(_ => random.NextDouble() - 0.5)))];
    }

    private static T[] Falling<T>(int n)
        where T : INumber<T> => [.. Enumerable.Range(0, n).Select(i => T.CreateChecked((double)(n - i) / n))];

    private static void Add<T>(IncrementalHash hash, ReadOnlySpan<T> values)
        where T : unmanaged => hash.AppendData(MemoryMarshal.AsBytes(values));
}
