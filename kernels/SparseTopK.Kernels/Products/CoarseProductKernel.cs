using ILGPU;
using SparseTopK.Differentiation;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Products;

/// <summary>The products of the rows whose certificate is too coarse, a team of threads for each: they find their root once more. The other
/// kernels pass over those rows, which are few or none.</summary>
internal static class CoarseProductKernel
{
    /// <inheritdoc cref="RowProductKernel.Run"/>
    public static void Run<T, TElement, TJacobian, TPower, TTeam>(
        ArrayView<T> point, ArrayView<T> direction, int n, ArrayView<int> counts, int k, ArrayView<double> thresholds, PNorm norm,
        TPower power, TJacobian jacobian, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
    {
        var equation = new Equation<TPower>(norm, true, power);
        var rows = (int)(point.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var rowK = counts.Length > 0 ? counts[r] : k;
            var map = jacobian.ForRow(thresholds[r], rowK);
            if (map.IsInvalid || !map.IsCoarse)
            {
                continue;
            }

            var (row, share) = (point.SubView((long)r * n, n), Share.Of<TTeam>(n));
            var pass = new RowPass<T, TElement, MagnitudeOperator>(row, ArrayView<T>.Empty, share);
            var search = RootSearch.Of(rowK, n, 0);
            while (search.Stage != SearchStage.Done)
            {
                search.Advance(equation, TTeam.Join<Tally, JoinTallies>(pass.Make(search, equation)), n);
            }

            var part = new ProductPart<T, TElement, TJacobian>(
                row, direction.SubView((long)r * n, n), destination.SubView((long)r * n, n), map.At(search.Result(equation)), share);
            part.Apply(TTeam.Join<Totals, JoinTotals>(part.Sum()));
        }
    }
}
