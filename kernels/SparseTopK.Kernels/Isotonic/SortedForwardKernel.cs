using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The forward pass of the mask or the magnitude by a solver that sorts, a team of threads for each row.</summary>
internal static class SortedForwardKernel
{
    /// <param name="x">The rows.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="counts">k of each row, or none.</param>
    /// <param name="k">k of all rows.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="power">Its power.</param>
    /// <param name="solver">The solver.</param>
    /// <param name="scratch">Memory of all teams, or none where it is shared.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    /// <param name="destination">The output.</param>
    /// <param name="thresholds">One for each row, or none.</param>
    /// <param name="residuals">One for each row, or none.</param>
    /// <param name="halfSweeps">One for each row, or none.</param>
    public static void Run<T, TElement, TOperator, TPower, TTeam, TMemory, TSolver>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power, TSolver solver, ArrayView<double> scratch, int stride,
        ArrayView<T> destination, ArrayView<double> thresholds, ArrayView<double> residuals, ArrayView<int> halfSweeps)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
        where TMemory : struct, IRowMemory
        where TSolver : unmanaged, ISortedSolver
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var cells = TMemory.Take<TTeam>(scratch, TSolver.NumbersFor(n), stride);
        var rest = cells.Slice(n, TSolver.NumbersFor(n) - n);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var start = (long)r * n;
            var row = x.SubView(start, n);
            var survey = TTeam.Join<RowSurvey, JoinSurveys>(Load<T, TElement, TOperator, TTeam>(row, cells, equation.LeastKey));
            var rowK = counts.Length > 0 ? counts[r] : k;
            var end = SortedRows.Solve<TPower, TTeam, TSolver>(cells.Slice(0, n), rest, survey, rowK, n, equation, solver, isSorted: false);
            var output = new RowOutput<T, TElement, TOperator>(row, destination.SubView(start, n), Share.Of<TTeam>(n));
            output.Write(end.Root, power);
            if (TTeam.Rank == 0)
            {
                SortedRows.Report(r, end, thresholds, residuals, halfSweeps);
            }

            TTeam.Barrier();
        }
    }

    /// <summary>Writes this thread's part of the keys; those that are never chosen as -infinity, so that they go last.</summary>
    private static RowSurvey Load<T, TElement, TOperator, TTeam>(ArrayView<T> row, Cells<double> keys, double leastKey)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TTeam : struct, ITeam
    {
        var survey = RowSurvey.None;
        for (var i = TTeam.Rank; i < row.IntLength; i += TTeam.Size)
        {
            var key = TOperator.Key(default(TElement).Load(row[i]));
            if (double.IsNaN(key) || key > double.MaxValue)
            {
                survey = RowSurvey.Spoiled;
                key = double.NegativeInfinity;
            }

            var isCandidate = key > leastKey;
            survey = isCandidate ? survey.And(key, 0) : survey;
            keys[i] = isCandidate ? key : double.NegativeInfinity;
        }

        return survey;
    }
}
