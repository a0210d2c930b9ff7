using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Products with the Jacobians D (I - M) of the permutahedron and of soft ranks, a thread for each row: D is diagonal, and M gives the
/// entries of a block their average.</summary>
internal static class ProjectionProductKernel
{
    /// <param name="point">y of the choice, x of the rank.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="blockEnds">Its blocks.</param>
    /// <param name="direction">What the Jacobian is multiplied with.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="share">The weights of M.</param>
    /// <param name="scale">The diagonal, unless it is the weights.</param>
    /// <param name="isTransposed">Not 0 where M is transposed.</param>
    /// <param name="destination">The product. It may be the point or the direction.</param>
    public static void Run<T, TElement, TShare>(
        ArrayView<T> point, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> direction, int n, TShare share, double scale,
        int isTransposed, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TShare : unmanaged, IOrderShare
    {
        var rows = (int)(point.Length / n);
        for (var r = ThreadTeam.FirstRow; r < rows; r += ThreadTeam.RowStep)
        {
            var offset = (long)r * n;
            var places = permutation.SubView(offset, n);
            var row = new OrderedBlocks<T, TElement, TShare>(point.SubView(offset, n), places, blockEnds.SubView(offset, n), share);
            var product = new ProjectionProduct<T, TElement, TShare>(
                row, new(direction.SubView(offset, n), places), destination.SubView(offset, n), scale, isTransposed);
            var (start, block, isValid) = (0, 0, row.HasPlaces());
            while (start < n && isValid)
            {
                var end = row.End(block, start);
                isValid = end > 0;
                if (isValid)
                {
                    product.Apply(start, end);
                    (start, block) = (end, block + 1);
                }
            }

            if (!isValid)
            {
                product.Fill(double.NaN, n);
            }
        }
    }
}

/// <summary>The product of one row. Each entry is read before it is written.</summary>
internal readonly struct ProjectionProduct<T, TElement, TShare>(
    OrderedBlocks<T, TElement, TShare> row, PlacedDirection<T, TElement> direction, ArrayView<T> destination, double scale, int isTransposed)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TShare : unmanaged, IOrderShare
{
    public void Apply(int start, int end)
    {
        if (end - start == 1)
        {
            destination[row.Place(start)] = default(TElement).Store(0.0);
        }
        else if (TShare.IsDiagonal)
        {
            ApplySlopes(start, end);
        }
        else if (TShare.IsEqual || isTransposed == 0)
        {
            var average = row.Average(direction, start, end, TShare.IsEqual ? 0.0 : row.Total(start, end));
            for (var i = start; i < end; i++)
            {
                Write(i, scale * (direction.Of(i) - average));
            }
        }
        else
        {
            ApplyTransposed(start, end);
        }
    }

    public void Fill(double value, int n)
    {
        for (var i = 0; i < n; i++)
        {
            destination[i] = default(TElement).Store(value);
        }
    }

    private void ApplyTransposed(int start, int end)
    {
        var (total, sum, first) = (row.Total(start, end), 0.0, row.Point(start));
        for (var i = start; i < end; i++)
        {
            sum += direction.Of(i);
        }

        for (var i = start; i < end; i++)
        {
            Write(i, scale * (direction.Of(i) - (row.Share(i, first) / total * sum)));
        }
    }

    /// <summary>The rows of a block's Jacobian sum to 0: entries of an infinite slope have what the others leave, all alike.</summary>
    private void ApplySlopes(int start, int end)
    {
        var (total, rest, steep) = (0.0, 0.0, 0.0);
        for (var i = start; i < end; i++)
        {
            total += row.Share(i, 0.0);
            steep += row.Share(i, 0.0) >= RealPower.LargestSlope ? 1.0 : 0.0;
        }

        var average = row.Average(direction, start, end, total);
        for (var i = start; i < end && steep > 0; i++)
        {
            var slope = row.Share(i, 0.0);
            rest -= slope >= RealPower.LargestSlope ? 0.0 : slope * (direction.Of(i) - average);
        }

        for (var i = start; i < end; i++)
        {
            var slope = row.Share(i, 0.0);
            Write(i, slope >= RealPower.LargestSlope ? rest / steep : slope * (direction.Of(i) - average));
        }
    }

    private void Write(int i, double value) => destination[row.Place(i)] = default(TElement).Store(value);
}
