using ILGPU;
using SparseTopK.Differentiation;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Products;

/// <summary>A product with the Jacobian of each row, a team of threads for each; but see <see cref="CoarseProductKernel"/>.</summary>
internal static class RowProductKernel
{
    /// <param name="point">Where the Jacobian is: y of the mask, x of the magnitude.</param>
    /// <param name="direction">What it is multiplied with.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="counts">k of each row, or none.</param>
    /// <param name="k">k of all rows.</param>
    /// <param name="thresholds">The threshold of each row, or none.</param>
    /// <param name="jacobian">The Jacobian, not yet of a row.</param>
    /// <param name="destination">The product.</param>
    public static void Run<T, TElement, TJacobian, TTeam>(
        ArrayView<T> point, ArrayView<T> direction, int n, ArrayView<int> counts, int k, ArrayView<double> thresholds, TJacobian jacobian,
        ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TJacobian : unmanaged, IJacobian<TJacobian>
        where TTeam : struct, ITeam
    {
        var rows = (int)(point.Length / n);
        for (var r = TTeam.FirstRow; TTeam.Any(r < rows); r += TTeam.RowStep)
        {
            // A team without a row, or on a row of the coarse kernel, keeps step with the others: its share has no entries.
            var own = Math.Min(r, rows - 1);
            var map = jacobian.ForRow(thresholds.Length > 0 ? thresholds[own] : 0.0, counts.Length > 0 ? counts[own] : k);
            var share = Share.Of<TTeam>(r < rows && (map.IsInvalid || !map.IsCoarse) ? n : 0);
            var start = (long)own * n;
            var part = new ProductPart<T, TElement, TJacobian>(
                point.SubView(start, n), direction.SubView(start, n), destination.SubView(start, n), map, share);
            part.Apply(TTeam.Join<Totals, JoinTotals>(part.Sum()));
        }
    }
}

/// <summary>One thread's share of the product of a row.</summary>
internal readonly struct ProductPart<T, TElement, TJacobian>(
    ArrayView<T> point, ArrayView<T> direction, ArrayView<T> destination, TJacobian map, Share share)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TJacobian : unmanaged, IJacobian<TJacobian>
{
    /// <summary>Whether the row is none of this kernel's.</summary>
    public bool IsCoarse => !map.IsInvalid && map.IsCoarse;

    public Totals Sum()
    {
        var totals = default(Totals);
        for (var j = 0; j < share.Length; j++)
        {
            var i = share.Place(j);
            totals += map.Terms(default(TElement).Load(point[i]), default(TElement).Load(direction[i]));
        }

        return totals;
    }

    public void Apply(Totals totals)
    {
        var isInvalid = map.IsInvalid || totals.IsNaN;
        var coupling = isInvalid ? 0.0 : map.Couple(totals);
        for (var j = 0; j < share.Length; j++)
        {
            var i = share.Place(j);
            var product = isInvalid ? double.NaN : map.Apply(default(TElement).Load(point[i]), default(TElement).Load(direction[i]), coupling);
            destination[i] = default(TElement).Store(product);
        }
    }
}
