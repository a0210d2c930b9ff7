using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>Products with the Jacobians of the permutahedron, soft ranks and soft sorts over a batch.</summary>
internal static class OrderingProductPass
{
    /// <param name="point">y of the choice, x of the others: rows of n entries.</param>
    /// <param name="pointName">Its name.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="blockEnds">Its blocks.</param>
    /// <param name="direction">The cotangent, or the tangent where <paramref name="forward"/>.</param>
    /// <param name="directionName">Its name.</param>
    /// <param name="n">Entries of a row.</param>
    /// <param name="problem">The operator.</param>
    /// <param name="destination">As long as point.</param>
    /// <param name="forward">Whether it is the JVP.</param>
    public static unsafe void Run<T>(
        ReadOnlySpan<T> point, string pointName, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> direction,
        string directionName, int n, OrderingProblem problem, Span<T> destination, bool forward)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(point.Length, n, pointName);
        var isNative = Guard.IsNative<T>();
        Guard.Length(direction.Length, point.Length, directionName);
        Guard.Length(destination.Length, point.Length, nameof(destination));
        Guard.Permutation(permutation, point.Length, n);
        Guard.BlockEnds(blockEnds, point.Length, n);
        Guard.Overlap(point, destination);
        Guard.Overlap(direction, destination);
        Guard.NoOverlap(permutation, destination);
        Guard.NoOverlap(blockEnds, destination);
        Guard.Scratch(n, 4);
        if (!isNative)
        {
            using var widePoint = new Widening<T>(point);
            using var wideDirection = new Widening<T>(direction);
            var result = wideDirection.Values;
            Run<float>(widePoint.Values, pointName, permutation, blockEnds, result, directionName, n, problem, result, forward);
            wideDirection.NarrowFiniteTo(destination);
            return;
        }

        fixed (T* p = point, d = direction, target = destination)
        fixed (int* order = permutation, ends = blockEnds)
        {
            Rows.ForEachBlock(rows, n, new OrderingProductRows<T>(p, order, ends, d, n, problem, target, forward));
        }
    }
}

/// <summary>A block of rows of the products.</summary>
internal readonly unsafe struct OrderingProductRows<T>(
    T* point, int* permutation, int* blockEnds, T* direction, int n, OrderingProblem problem, T* destination, bool forward) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        var weighted = problem.HasWeights ? n : 0;
        using var numbers = new Scratch<double>((2 * n) + (2 * weighted));
        var product = numbers.Take(n);
        var average = numbers.Take(n);
        var weights = numbers.Take(weighted);
        var shares = numbers.Take(weighted);
        for (var row = start; row < start + length; row++)
        {
            var offset = (long)row * n;
            var ends = new ReadOnlySpan<int>(blockEnds + offset, n);
            var order = new ReadOnlySpan<int>(permutation + offset, n);
            var p = new ReadOnlySpan<T>(point + offset, n);
            var d = new ReadOnlySpan<T>(direction + offset, n);
            var target = new Span<T>(destination + offset, n);
            if (ends[0] == 0)
            {
                target.Fill(T.CreateTruncating(double.NaN));
                continue;
            }

            problem.FindWeights(p, order, weights);
            OrderingJacobian.FindShares(weights, ends, problem.ShareScale, shares);
            Load(d, order, product);
            if (!Multiply(p, order, ends, weights, shares, product, average))
            {
                // Sums are rarely out of range: in a second try the direction has headroom.
                Load(d, order, product);
                var headroom = FiniteRange.Enter<T>(product);
                Multiply(p, order, ends, weights, shares, product, average);
                FiniteRange.Leave<T>(product, headroom);
            }

            Store(product, order, target);
        }
    }

    /// <summary>The direction in decreasing order of the row, as the gradient of a sorted row already is.</summary>
    private void Load(ReadOnlySpan<T> d, ReadOnlySpan<int> order, Span<double> product)
    {
        if (problem.Kind == OrderingKind.Sort && !forward)
        {
            TensorPrimitives.ConvertTruncating(d, product);
        }
        else
        {
            OrderingJacobian.Gather(d, order, product);
        }
    }

    private void Store(ReadOnlySpan<double> product, ReadOnlySpan<int> order, Span<T> target)
    {
        if (problem.Kind == OrderingKind.Sort && forward)
        {
            TensorPrimitives.ConvertTruncating(product, target);
        }
        else
        {
            OrderingJacobian.Scatter(product, order, target);
        }
    }

    /// <summary>The product with a loaded direction, in its place.</summary>
    /// <returns>Whether all sums were in range, and the product is.</returns>
    private bool Multiply(
        ReadOnlySpan<T> point, ReadOnlySpan<int> order, ReadOnlySpan<int> ends, ReadOnlySpan<double> weights, ReadOnlySpan<double> shares,
        Span<double> product, Span<double> average)
    {
        if (problem.Kind == OrderingKind.Sort)
        {
            return MultiplySort(point, order, ends, shares, product);
        }

        product.CopyTo(average);
        BlockAverage.Apply(average, shares, ends, transposed: !forward && problem.Kind == OrderingKind.Rank);
        Combine(product, average, weights, ends);
        return FiniteRange.Holds<T>(product);
    }

    /// <summary>J = M P, P the permutation; tied entries have the mean of their rows.</summary>
    private bool MultiplySort(
        ReadOnlySpan<T> x, ReadOnlySpan<int> order, ReadOnlySpan<int> ends, ReadOnlySpan<double> shares, Span<double> product)
    {
        var most = FiniteRange.Largest<T>();
        return forward
            ? OrderingJacobian.ShareTies(x, order, product) & BlockAverage.Apply(product, shares, ends, transposed: false, most)
            : BlockAverage.Apply(product, shares, ends, transposed: true, most) & OrderingJacobian.ShareTies(x, order, product);
    }

    /// <summary>J = D (I - M): D = diag(weights) for the choice, else Sign/lambda. A block of one entry has 0.</summary>
    private void Combine(Span<double> product, ReadOnlySpan<double> average, ReadOnlySpan<double> weights, ReadOnlySpan<int> ends)
    {
        var scale = problem.Sign * problem.Scale;
        foreach (var (start, end) in Blocks.Of(ends))
        {
            var part = product[start..end];
            if (part.Length == 1)
            {
                part[0] = 0;
            }
            else if (problem.Kind == OrderingKind.Choice && problem.HasWeights)
            {
                OrderingJacobian.CombineSlopes(part, average[start..end], weights[start..end]);
            }
            else
            {
                OrderingJacobian.CombineScaled(part, average[start..end], scale);
            }
        }
    }
}
