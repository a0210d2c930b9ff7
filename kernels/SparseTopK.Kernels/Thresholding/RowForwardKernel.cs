using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>The forward pass of rows in memory, a team of threads for each row.</summary>
internal static class RowForwardKernel
{
    public static void Run<T, TElement, TOperator, TPower, TTeam, TColumns>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power, int sampleSize, ArrayView<T> columns,
        ArrayView<T> destination, ArrayView<double> thresholds)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
        where TColumns : struct, IColumns
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var start = (long)r * n;
            var row = x.SubView(start, n);
            var share = Share.Of<TTeam>(n);
            var pass = new RowPass<T, TElement, TOperator>(row, TColumns.Of(columns, start, n), share);
            var search = RootSearch.Of(counts.Length > 0 ? counts[r] : k, n, sampleSize);
            while (search.Stage != SearchStage.Done)
            {
                search.Advance(equation, TTeam.Join<Tally, JoinTallies>(pass.Make(search, equation)), n);
            }

            var output = new RowOutput<T, TElement, TOperator>(row, destination.SubView(start, n), share);
            var root = search.Result(equation);
            output.Write(root, power);
            if (TTeam.Rank == 0 && thresholds.Length > 0)
            {
                thresholds[r] = root.Threshold;
            }
        }
    }
}
