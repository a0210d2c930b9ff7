using SparseTopK.Differentiation;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Products;

internal readonly struct JoinTotals : IJoin<Totals>
{
    public static Totals Join(Totals left, Totals right) => left + right;
}
