using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Products with the Jacobian of the mask, in differentiable torch operations.</summary>
internal static class MaskProduct
{
    /// <summary>d_i (g_i - sum d_j g_j/sum d_j), d_i = y_i^(2-p)/(lambda (p-1)) on 0 &lt; y_i &lt; 1.</summary>
    public static Tensor Vjp(Tensor y, Tensor g, PNorm norm)
    {
        var wide = y.Widen();
        var constant = (wide.IsAbove(0) & wide.IsBelow(1)).logical_not();
        var d = norm.P == 2
            ? constant.logical_not().to(wide.dtype)
            : PowerOf.Positive(wide.Fill(constant, 1), 2 - norm.P).Fill(constant, 0);
        var h = g.to(wide.dtype).Fill(constant, 0);
        var total = d.RowSum();
        var coupling = (d * h).RowSum() / total.Fill(total.IsAt(0), 1);
        var product = (d * (h - coupling)).Times(Wide.Inverse(norm.Lambda * (norm.P - 1), wide.dtype));
        return product.InvalidateRows(y.isnan().any(-1, keepdim: true)).Narrow(y.dtype);
    }
}
