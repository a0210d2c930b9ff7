using System.Numerics;
using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>The forward pass of the permutahedron, soft ranks and soft sorts over a batch.</summary>
internal static class OrderingPass
{
    public static unsafe void Run<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, OrderingProblem problem, Span<T> destination, Span<int> permutation,
        Span<int> blockEnds)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        var isNative = Guard.IsNative<T>();
        if (problem.Kind == OrderingKind.Choice)
        {
            Guard.DecreasingWeights(weights, x.Length, n);
        }

        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(permutation.Length, permutation.IsEmpty ? 0 : x.Length, nameof(permutation));
        Guard.Length(blockEnds.Length, blockEnds.IsEmpty ? 0 : x.Length, nameof(blockEnds));
        Guard.Scratch(n, 3);
        CheckMemory(x, weights, destination, permutation, blockEnds);
        if (!isNative)
        {
            using var wide = new Widening<T>(x);
            using var wideWeights = new Widening<T>(weights);
            Run<float>(wide.Values, n, wideWeights.Values, problem, wide.Values, permutation, blockEnds);
            wide.NarrowTo(destination);
            return;
        }

        fixed (T* source = x, w = weights, target = destination)
        fixed (int* order = permutation, ends = blockEnds)
        {
            var step = weights.Length == x.Length ? n : 0;
            Rows.ForEachBlock(rows, n, new OrderingRows<T>(source, n, w, step, problem, target, order, ends));
        }
    }

    private static void CheckMemory<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> destination, Span<int> permutation, Span<int> blockEnds)
    {
        Guard.Overlap(x, destination);
        Guard.NoOverlap(weights, destination);
        Guard.NoOverlap(x, permutation, nameof(permutation));
        Guard.NoOverlap(weights, permutation, nameof(permutation));
        Guard.NoOverlap(destination, permutation, nameof(permutation));
        Guard.NoOverlap(x, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(weights, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(destination, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(permutation, blockEnds, nameof(blockEnds));
    }
}

/// <summary>A block of rows.</summary>
internal readonly unsafe struct OrderingRows<T>(
    T* x, int n, T* weights, int weightStep, OrderingProblem problem, T* destination, int* permutation, int* blockEnds) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        using var numbers = new Scratch<double>(3 * n);
        using var places = new Scratch<int>(2 * n);
        var keys = numbers.Take(n);
        var y = numbers.Take(n);
        var w = numbers.Take(n);
        var order = places.Take(n);
        var ends = places.Take(n);
        for (var row = start; row < start + length; row++)
        {
            var offset = (long)row * n;
            order = permutation == null ? order : new Span<int>(permutation + offset, n);
            ends = blockEnds == null ? ends : new Span<int>(blockEnds + offset, n);
            if (row == start || weightStep > 0)
            {
                TakeWeights(row, w);
            }

            var source = new ReadOnlySpan<T>(x + offset, n);
            var target = new Span<T>(destination + offset, n);
            if (!TryCountMasked(source, out var masked))
            {
                target.Fill(T.CreateTruncating(double.NaN));
                Blocks.FillSequence(order, 0);
                Blocks.WriteInvalid(ends);
                continue;
            }

            Argsort.Sort(source, problem.Sign, keys, order);
            Solve(keys, w, masked, y, ends);
            Write(y, order, target);
        }
    }

    /// <summary>The weights of a row, or n, ..., 1.</summary>
    private void TakeWeights(int row, Span<double> w)
    {
        for (var i = 0; i < n; i++)
        {
            w[i] = weights == null ? n - i : double.CreateTruncating(weights[((long)row * weightStep) + i]);
        }
    }

    /// <summary>The number of entries -infinity, where they may be; false for a row without a solution.</summary>
    private bool TryCountMasked(ReadOnlySpan<T> row, out int masked)
    {
        masked = 0;
        if (Stretch.IsFinite(row))
        {
            return true;
        }

        foreach (var entry in row)
        {
            if (T.IsNaN(entry) || T.IsPositiveInfinity(entry))
            {
                return false;
            }

            masked += T.IsNegativeInfinity(entry) ? 1 : 0;
        }

        return problem.Kind != OrderingKind.Sort;
    }

    /// <summary>Solves for the entries that are not masked; those stand at the end of the order, or at its start where it is that of -x.</summary>
    private void Solve(ReadOnlySpan<double> keys, ReadOnlySpan<double> w, int masked, Span<double> y, Span<int> ends)
    {
        if (masked == 0)
        {
            problem.Solve(keys, w, y, ends);
            return;
        }

        var (first, rest) = problem.Sign > 0 ? (0, n - masked) : (masked, 0);
        var length = n - masked;
        y.Slice(rest, masked).Fill(problem.Share(w.Slice(rest, masked)));
        if (length > 0)
        {
            problem.Solve(keys.Slice(first, length), w.Slice(first, length), y.Slice(first, length), ends.Slice(first, length));
        }

        if (problem.Sign > 0)
        {
            var count = length == 0 ? 0 : ends[..length].IndexOf(length) + 1;
            Blocks.FillSequence(ends.Slice(count, masked), length + 1);
            ends[(count + masked)..].Fill(n);
        }
        else
        {
            Blocks.FillSequence(ends[..masked], 1);
            System.Numerics.Tensors.TensorPrimitives.Add(ends[masked..], masked, ends[masked..]);
        }
    }

    private void Write(ReadOnlySpan<double> y, ReadOnlySpan<int> order, Span<T> target)
    {
        if (problem.Kind == OrderingKind.Sort)
        {
            for (var j = 0; j < y.Length; j++)
            {
                target[j] = T.CreateTruncating(problem.Sign * y[j]);
            }

            return;
        }

        for (var j = 0; j < y.Length; j++)
        {
            target[order[j]] = T.CreateTruncating(y[j]);
        }
    }
}
