using ILGPU;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Products with the Jacobian M P of soft sorts, a thread for each row: P is the permutation, tied entries with the mean of their
/// rows, and M gives the entries of a block their average.</summary>
internal static class SortProductKernel
{
    /// <param name="x">The rows.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="blockEnds">Its blocks.</param>
    /// <param name="direction">What the Jacobian is multiplied with.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="share">The weights of M.</param>
    /// <param name="isForward">Not 0 for the JVP.</param>
    /// <param name="scratch">n numbers for each thread.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    /// <param name="destination">The product. It may be x or the direction.</param>
    public static void Run<T, TElement, TShare>(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> direction, int n, TShare share, int isForward,
        ArrayView<double> scratch, int stride, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TShare : unmanaged, IOrderShare
    {
        var rows = (int)(x.Length / n);
        var numbers = Cells<double>.Of(scratch, ThreadTeam.FirstRow, n, stride);
        for (var r = ThreadTeam.FirstRow; r < rows; r += ThreadTeam.RowStep)
        {
            var offset = (long)r * n;
            var row = new OrderedBlocks<T, TElement, TShare>(
                x.SubView(offset, n), permutation.SubView(offset, n), blockEnds.SubView(offset, n), share);
            var product = new SortProduct<T, TElement, TShare>(row, numbers, n);
            var (own, target) = (direction.SubView(offset, n), destination.SubView(offset, n));
            var isValid = row.HasPlaces();
            if (isValid)
            {
                product.Load(own, isForward);
                isValid = product.TryAverage(isForward);
            }

            product.Write(target, isForward, isValid);
        }
    }
}

/// <summary>The product of one row, in memory of its own until it is written.</summary>
internal readonly struct SortProduct<T, TElement, TShare>(OrderedBlocks<T, TElement, TShare> row, Cells<double> numbers, int n)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TShare : unmanaged, IOrderShare
{
    /// <summary>Reads the direction: by its places for the JVP, whose ties then share.</summary>
    public void Load(ArrayView<T> direction, int isForward)
    {
        var cells = numbers;
        for (var i = 0; i < n; i++)
        {
            cells[i] = default(TElement).Load(direction[isForward != 0 ? row.Place(i) : i]);
        }

        if (isForward != 0)
        {
            ShareTies();
        }
    }

    /// <summary>Applies M, or its transpose; false where the certificate is none.</summary>
    public bool TryAverage(int isForward)
    {
        var (start, block, isValid) = (0, 0, true);
        while (start < n && isValid)
        {
            var end = row.End(block, start);
            isValid = end > 0;
            if (isValid)
            {
                AverageBlock(start, end, isForward);
                (start, block) = (end, block + 1);
            }
        }

        return isValid;
    }

    /// <summary>Writes the product: by its places for the VJP, whose ties share before.</summary>
    public void Write(ArrayView<T> destination, int isForward, bool isValid)
    {
        if (isForward == 0 && isValid)
        {
            ShareTies();
        }

        var cells = numbers;
        for (var i = 0; i < n; i++)
        {
            destination[isForward != 0 || !isValid ? i : row.Place(i)] = default(TElement).Store(isValid ? cells[i] : double.NaN);
        }
    }

    private void AverageBlock(int start, int end, int isForward)
    {
        if (end - start == 1)
        {
            return;
        }

        var (cells, direction) = (numbers, new CellDirection(numbers));
        var total = TShare.IsEqual ? 0.0 : row.Total(start, end);
        if (isForward != 0 || TShare.IsEqual)
        {
            var average = row.Average(direction, start, end, total);
            for (var i = start; i < end; i++)
            {
                cells[i] = average;
            }

            return;
        }

        var (sum, first) = (0.0, row.Point(start));
        for (var i = start; i < end; i++)
        {
            sum += cells[i];
        }

        for (var i = start; i < end; i++)
        {
            cells[i] = row.Share(i, first) / total * sum;
        }
    }

    /// <summary>Gives entries of equal x the mean of what they have: nothing depends on the order in which ties were sorted.</summary>
    private void ShareTies()
    {
        var cells = numbers;
        var start = 0;
        while (start < n)
        {
            var (end, x) = (start + 1, row.Point(start));
            while (end < n && row.Point(end) == x)
            {
                end++;
            }

            if (end - start > 1)
            {
                var mean = OrderedBlocks<T, TElement, TShare>.Mean(new CellDirection(cells), start, end);
                for (var i = start; i < end; i++)
                {
                    cells[i] = mean;
                }
            }

            start = end;
        }
    }
}

/// <summary>A direction in cells.</summary>
internal readonly struct CellDirection(Cells<double> cells) : IDirection
{
    public double Of(int i) => cells[i];
}
