using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The forward pass of long rows by a solver that sorts: all threads of a device sort all rows, a launch for each step of the
/// network; then a team for each row finds its root.</summary>
internal static class LongSortKernels
{
    /// <summary>Writes the keys of all rows: those that are never chosen as -infinity, and what is not admitted as +infinity.</summary>
    public static void Load<T, TElement, TOperator>(ArrayView<T> x, double leastKey, ArrayView<double> keys)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
    {
        for (long i = ThreadTeam.FirstRow; i < x.Length; i += ThreadTeam.RowStep)
        {
            var key = TOperator.Key(default(TElement).Load(x[i]));
            if (double.IsNaN(key))
            {
                key = double.PositiveInfinity;
            }

            keys[i] = key > leastKey ? key : double.NegativeInfinity;
        }
    }

    /// <summary>A step of the network: see <see cref="TeamSort"/>.</summary>
    public static void Step(ArrayView<double> keys, int n, long size, int stride)
    {
        var pairs = TeamSort.Pairs(n, size);
        for (long i = ThreadTeam.FirstRow; i < keys.Length / n * pairs; i += ThreadTeam.RowStep)
        {
            TeamSort.Compare(new KeyCells(new(keys.SubView(i / pairs * n, n), 1)), n, (int)(i % pairs), size, stride);
        }
    }

    /// <summary>The root of each row from its sorted keys, which it may overwrite.</summary>
    public static void Solve<TOperator, TPower, TTeam, TSolver>(
        ArrayView<double> keys, int n, ArrayView<int> counts, int k, PNorm norm, TPower power, TSolver solver, ArrayView<double> scratch,
        int stride, ArrayView<Root> roots, ArrayView<double> thresholds, ArrayView<double> residuals, ArrayView<int> halfSweeps)
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
        where TSolver : unmanaged, ISortedSolver
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var needed = TSolver.NumbersFor(n) - n;
        var rest = needed > 0 ? GlobalMemory.Take<TTeam>(scratch, needed, stride) : new(scratch, 1);
        for (var r = TTeam.FirstRow; r < roots.IntLength; r += TTeam.RowStep)
        {
            var row = new Cells<double>(keys.SubView((long)r * n, n), 1);
            var count = Count(row, n);
            var survey = row[0] > double.MaxValue ? RowSurvey.Spoiled : new(count, count > 0 ? row[count - 1] : 0.0, row[0], 0);
            TTeam.Barrier();
            var rowK = counts.Length > 0 ? counts[r] : k;
            var end = SortedRows.Solve<TPower, TTeam, TSolver>(row, rest, survey, rowK, n, equation, solver, isSorted: true);
            if (TTeam.Rank == 0)
            {
                roots[r] = end.Root;
                SortedRows.Report(r, end, thresholds, residuals, halfSweeps);
            }

            TTeam.Barrier();
        }
    }

    /// <inheritdoc cref="LongForwardKernels.Write"/>
    public static void Write<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, int parts, TPower power, ArrayView<Root> roots, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam =>
        LongForwardKernels.Write<T, TElement, TOperator, TPower, TTeam>(x, n, parts, power, roots, destination);

    /// <summary>How many sorted keys are not -infinity.</summary>
    private static int Count(Cells<double> keys, int n)
    {
        var (start, end) = (0, n);
        while (start < end)
        {
            var middle = start + ((end - start) / 2);
            (start, end) = keys[middle] >= -double.MaxValue ? (middle + 1, end) : (start, middle);
        }

        return start;
    }
}
