using ILGPU;

namespace SparseTopK.Kernels.Ordering;

/// <summary>One row of a product: where it is, its order and its blocks.</summary>
/// <param name="point">y of the choice, x of the others.</param>
/// <param name="places">Its order.</param>
/// <param name="ends">Its blocks.</param>
/// <param name="share">The weights of its averages.</param>
internal readonly struct OrderedBlocks<T, TElement, TShare>(ArrayView<T> point, ArrayView<int> places, ArrayView<int> ends, TShare share)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TShare : unmanaged, IOrderShare
{
    /// <summary>The end of the block that starts at an entry; -1 where the certificate is none.</summary>
    public int End(int block, int start)
    {
        var end = ends[block];
        return end > start && end <= point.IntLength ? end : -1;
    }

    /// <summary>Whether every place is one of the row.</summary>
    public bool HasPlaces()
    {
        var isWithin = true;
        for (var i = 0; i < places.IntLength; i++)
        {
            isWithin &= places[i] >= 0 && places[i] < places.IntLength;
        }

        return isWithin;
    }

    /// <summary>c of an entry of a block, whose first entry is given: in place, it may be overwritten.</summary>
    public double Share(int i, double first) => share.Of(Point(i), first);

    /// <summary>The sum of c over a block.</summary>
    public double Total(int start, int end)
    {
        var (total, first) = (0.0, Point(start));
        for (var i = start; i < end; i++)
        {
            total += Share(i, first);
        }

        return total;
    }

    /// <summary>The average of a direction over a block.</summary>
    public double Average<TDirection>(TDirection direction, int start, int end, double total)
        where TDirection : struct, IDirection
    {
        if (TShare.IsEqual)
        {
            return Mean(direction, start, end);
        }

        var (sum, first) = (0.0, Point(start));
        for (var i = start; i < end; i++)
        {
            sum += total > 0 ? Share(i, first) / total * direction.Of(i) : 0.0;
        }

        return sum;
    }

    /// <summary>The mean of a direction over some entries, also where its sum is beyond the doubles.</summary>
    public static double Mean<TDirection>(TDirection direction, int start, int end)
        where TDirection : struct, IDirection
    {
        var (sum, half, size) = (0.0, 0.0, (double)(end - start));
        for (var i = start; i < end; i++)
        {
            sum += direction.Of(i);
            half += direction.Of(i) / size;
        }

        return double.IsNaN(sum) || Math.Abs(sum) > double.MaxValue ? half : sum / size;
    }

    public double Point(int i) => default(TElement).Load(point[places[i]]);

    public int Place(int i) => places[i];
}

/// <summary>A direction in the order of the blocks.</summary>
internal interface IDirection
{
    double Of(int i);
}

/// <summary>A direction that stands in the order of the row.</summary>
internal readonly struct PlacedDirection<T, TElement>(ArrayView<T> direction, ArrayView<int> places) : IDirection
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    public double Of(int i) => default(TElement).Load(direction[places[i]]);
}
