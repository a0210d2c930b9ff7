using ILGPU;
using SparseTopK.Differentiation;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Products;

/// <summary>A product with the Jacobian of each long row, cut into parts: one launch sums, the next joins the sums and applies.</summary>
internal static class LongProductKernels
{
    /// <summary>Writes one sum for each part of each row. The arguments are those of <see cref="RowProductKernel.Run"/>.</summary>
    public static void Sum<T, TElement, TJacobian, TTeam>(
        ArrayView<T> point, ArrayView<T> direction, int n, int parts, ArrayView<int> counts, int k, ArrayView<double> thresholds,
        TJacobian jacobian, ArrayView<Totals> sums)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        for (var unit = TTeam.FirstRow; unit < sums.Length; unit += TTeam.RowStep)
        {
            var part = Part<T, TElement, TJacobian, TTeam>(point, direction, ArrayView<T>.Empty, n, parts, counts, k, thresholds, jacobian, unit);
            var sum = TTeam.Join<Totals, JoinTotals>(part.Sum());
            if (TTeam.Rank == 0)
            {
                sums[unit] = sum;
            }
        }
    }

    /// <summary>Applies the Jacobian, from the sums of all parts of a row.</summary>
    public static void Apply<T, TElement, TJacobian, TTeam>(
        ArrayView<T> point, ArrayView<T> direction, int n, int parts, ArrayView<int> counts, int k, ArrayView<double> thresholds,
        TJacobian jacobian, ArrayView<Totals> sums, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        for (var unit = TTeam.FirstRow; unit < sums.Length; unit += TTeam.RowStep)
        {
            var first = unit / parts * parts;
            var own = default(Totals);
            for (var i = TTeam.Rank; i < parts; i += TTeam.Size)
            {
                own += sums[first + i];
            }

            var part = Part<T, TElement, TJacobian, TTeam>(point, direction, destination, n, parts, counts, k, thresholds, jacobian, unit);
            var all = TTeam.Join<Totals, JoinTotals>(own);
            if (!part.IsCoarse)
            {
                part.Apply(all);
            }
        }
    }

    private static ProductPart<T, TElement, TJacobian> Part<T, TElement, TJacobian, TTeam>(
        ArrayView<T> point, ArrayView<T> direction, ArrayView<T> destination, int n, int parts, ArrayView<int> counts, int k,
        ArrayView<double> thresholds, TJacobian jacobian, int unit)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        var (r, part) = (unit / parts, unit % parts);
        var start = (long)r * n;
        return new(
            point.SubView(start, n), direction.SubView(start, n), destination.Length > 0 ? destination.SubView(start, n) : destination,
            jacobian.ForRow(thresholds.Length > 0 ? thresholds[r] : 0.0, counts.Length > 0 ? counts[r] : k),
            Share.Of<TTeam>(n, part, parts));
    }
}
