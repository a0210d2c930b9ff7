using ILGPU;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Ordering;

/// <summary>The permutahedron, soft ranks and soft sorts of rows whose order is known, a thread for each row.</summary>
internal static class OrderingKernel
{
    /// <param name="x">The rows.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="keys">The sorted keys sign * x.</param>
    /// <param name="places">Where they come from.</param>
    /// <param name="weights">n of them, or as many as x, or none.</param>
    /// <param name="weightStep">From the weights of a row to those of the next.</param>
    /// <param name="sign">1 or -1.</param>
    /// <param name="isSort">Not 0 for the sort.</param>
    /// <param name="projection">The regularizer.</param>
    /// <param name="cells">n for each thread.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    /// <param name="destination">y. It may be x.</param>
    /// <param name="blockEnds">The blocks, or none.</param>
    public static void Run<T, TElement, TRow, TProjection, TCell>(
        ArrayView<T> x, int n, ArrayView<double> keys, ArrayView<int> places, ArrayView<T> weights, int weightStep, double sign, int isSort,
        TProjection projection, ArrayView<TCell> cells, int stride, ArrayView<T> destination, ArrayView<int> blockEnds)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IOrderedRow<T, TRow>
        where TProjection : unmanaged, IOrderedProjection<TCell>
        where TCell : unmanaged
    {
        var rows = (int)(x.Length / n);
        var memory = Cells<TCell>.Of(cells, ThreadTeam.FirstRow, n, stride);
        for (var r = ThreadTeam.FirstRow; r < rows; r += ThreadTeam.RowStep)
        {
            var start = (long)r * n;
            var own = weights.Length > 0 ? weights.SubView((long)r * weightStep, n) : weights;
            var output = new OrderedOutput<T, TElement>(
                keys.SubView(start, n), destination.SubView(start, n), places.SubView(start, n),
                blockEnds.Length > 0 ? blockEnds.SubView(start, n) : blockEnds, sign, isSort);
            var masked = CountMasked<T, TElement>(x.SubView(start, n), own, isSort);
            if (masked < 0)
            {
                output.Spoil();
                continue;
            }

            // Masked entries stand at the end of the order, or at its start where it is that of -x.
            var row = TRow.Of(keys.SubView(start, n), own);
            var (first, end) = sign > 0 ? (0, n - masked) : (masked, n);
            ShareMasked<T, TElement, TRow, TProjection, TCell>(projection, row, 0, first, ref output);
            if (first < end)
            {
                projection.Solve(row, first, end, memory, ref output);
            }

            ShareMasked<T, TElement, TRow, TProjection, TCell>(projection, row, end, n, ref output);
            output.Finish();
        }
    }

    private static void ShareMasked<T, TElement, TRow, TProjection, TCell>(
        TProjection projection, TRow row, int start, int end, ref OrderedOutput<T, TElement> output)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IOrderedRow<T, TRow>
        where TProjection : unmanaged, IOrderedProjection<TCell>
        where TCell : unmanaged
    {
        if (start < end)
        {
            var y = projection.Share(row, start, end);
            for (var i = start; i < end; i++)
            {
                output.Put(i, y);
                output.EndBlock(i + 1);
            }
        }
    }

    /// <summary>How many entries are -infinity; -1 for a row without a solution.</summary>
    private static int CountMasked<T, TElement>(ArrayView<T> row, ArrayView<T> weights, int isSort)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        var (masked, isSpoiled, before) = (0, false, double.MaxValue);
        for (var i = 0; i < row.IntLength; i++)
        {
            var value = default(TElement).Load(row[i]);
            isSpoiled |= double.IsNaN(value) || value > double.MaxValue;
            masked += !double.IsNaN(value) && value < -double.MaxValue ? 1 : 0;
            var weight = weights.Length > 0 ? default(TElement).Load(weights[i]) : 0.0;
            isSpoiled |= !RowSurvey.IsFinite(weight) || (weights.Length > 0 && weight > before);
            before = weight;
        }

        return isSpoiled || (isSort != 0 && masked > 0) ? -1 : masked;
    }
}
