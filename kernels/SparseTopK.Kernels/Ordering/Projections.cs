using SparseTopK.Kernels.Isotonic;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels.Ordering;

/// <summary>The projection of a sorted row on a permutahedron, by one thread.</summary>
/// <remarks>The formulas are those of the core's Projection, and so are the blocks, which is why tied entries are never parted.</remarks>
internal interface IOrderedProjection<TCell>
    where TCell : unmanaged
{
    /// <summary>Writes y and the blocks of the entries [start, end).</summary>
    /// <param name="row">The row.</param>
    /// <param name="start">The first of them.</param>
    /// <param name="end">The entry after the last.</param>
    /// <param name="cells">As many cells.</param>
    /// <param name="output">Where they go.</param>
    void Solve<T, TElement, TRow>(TRow row, int start, int end, Cells<TCell> cells, ref OrderedOutput<T, TElement> output)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IScores;

    /// <summary>y of the entries [start, end), which are tied at minus infinity.</summary>
    double Share<TRow>(TRow row, int start, int end)
        where TRow : struct, IScores;
}

/// <summary>Quadratic or entropic: pooling adjacent violators.</summary>
/// <param name="scale">1/lambda.</param>
internal readonly struct AggregateProjection<TAggregate>(double scale) : IOrderedProjection<AggregateBlock>
    where TAggregate : struct, IAggregate
{
    public void Solve<T, TElement, TRow>(TRow row, int start, int end, Cells<AggregateBlock> cells, ref OrderedOutput<T, TElement> output)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IScores
    {
        var count = Pool(row, start, end, cells);
        var first = start;
        for (var b = 0; b < count; b++)
        {
            var block = cells[b];
            var (above, below) = (row.Weight(first), row.Weight(block.End - 1));
            for (var i = first; i < block.End; i++)
            {
                above = Math.Max(Math.Min(above, block.At(row.Score(i), scale)), below);
                output.Put(i, above);
            }

            output.EndBlock(block.End);
            first = block.End;
        }
    }

    public double Share<TRow>(TRow row, int start, int end)
        where TRow : struct, IScores => Shares.Of<TAggregate, TRow>(row, start, end);

    /// <summary>Leaves the blocks in the cells, in order, and returns their number.</summary>
    private int Pool<TRow>(TRow row, int start, int end, Cells<AggregateBlock> cells)
        where TRow : struct, IScores
    {
        var count = 0;
        for (var i = start; i < end; i++)
        {
            var block = AggregateBlock.Of(i + 1, row.Score(i), row.Weight(i));
            while (count > 0)
            {
                var left = cells[count - 1];
                if (!AggregateBlock.Violates(left, block, scale))
                {
                    break;
                }

                block = AggregateBlock.Join<TAggregate>(left, block, scale);
                count--;
            }

            cells[count] = block;
            count++;
        }

        return count;
    }
}

/// <summary>What entries that are tied at minus infinity get.</summary>
internal static class Shares
{
    public static double Of<TAggregate, TRow>(TRow row, int start, int end)
        where TAggregate : struct, IAggregate
        where TRow : struct, IScores
    {
        var sum = 0.0;
        for (var i = start; i < end; i++)
        {
            sum += TAggregate.Term(row.Weight(i), row.Weight(start));
        }

        return TAggregate.Share(row.Weight(start), sum, end - start);
    }
}
