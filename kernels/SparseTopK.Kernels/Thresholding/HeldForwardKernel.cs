using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>The forward pass of rows that a team holds in registers; see <see cref="HeldRow{T, TElement, TOperator}"/>.</summary>
internal static class HeldForwardKernel
{
    public static void Run<T, TElement, TOperator, TPower, TTeam>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power, ArrayView<T> destination, ArrayView<double> thresholds)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TOperator : struct, ITopKOperator
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; TTeam.Any(r < rows); r += TTeam.RowStep)
        {
            // A team without a row keeps step with those that have one: it chooses nothing of the last row.
            var own = Math.Min(r, rows - 1);
            var start = (long)own * n;
            var held = HeldRow<T, TElement, TOperator>.Load(x.SubView(start, n), TTeam.Rank, TTeam.Size);
            var search = RootSearch.Of(r >= rows ? 0 : counts.Length > 0 ? counts[own] : k, n, 0);
            while (TTeam.Any(search.Stage != SearchStage.Done))
            {
                var tally = TTeam.Join<Tally, JoinTallies>(held.Pass(search, equation));
                if (search.Stage != SearchStage.Done)
                {
                    search.Advance(equation, tally, n);
                }
            }

            if (r < rows)
            {
                var root = search.Result(equation);
                held.Write(destination.SubView(start, n), TTeam.Rank, TTeam.Size, root, power);
                if (TTeam.Rank == 0 && thresholds.Length > 0)
                {
                    thresholds[r] = root.Threshold;
                }
            }
        }
    }
}
