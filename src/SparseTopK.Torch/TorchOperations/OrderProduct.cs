using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Products with the Jacobians of soft ranks and soft sorts, in differentiable torch operations.</summary>
internal static class OrderProduct
{
    /// <param name="x">The values.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="starts">The blocks in that order.</param>
    /// <param name="g">The gradient of the output.</param>
    /// <param name="arguments">The operator.</param>
    public static Tensor Vjp(Tensor x, Tensor permutation, Tensor starts, Tensor g, OrderArguments arguments)
    {
        if (x.numel() == 0)
        {
            return zeros_like(x);
        }

        var invalid = Blocks.InvalidRows(starts);
        var blocks = starts.AtLeast(0);
        var (wide, cotangent) = (x.Widen(), g.to(Wide.TypeOn(x)));
        var sorted = wide.gather(-1, permutation);
        var product = arguments.IsRank
            ? Rank(sorted, blocks, cotangent.gather(-1, permutation), arguments)
            : Sort(sorted, blocks, cotangent, arguments);
        return zeros_like(wide).scatter(-1, permutation, product).InvalidateRows(invalid).Narrow(x.dtype);
    }

    /// <summary>(g_i - c_i sum over B of g_j)/lambda.</summary>
    private static Tensor Rank(Tensor sorted, Tensor blocks, Tensor g, OrderArguments arguments)
    {
        var scale = arguments.Sign * Wide.Inverse(arguments.Order.Lambda, g.dtype);
        return (g - Pooled(sorted.Times(scale), blocks, g, arguments)).Times(scale);
    }

    /// <summary>c_i sum over B of g_j, and of that the mean over entries that are tied.</summary>
    private static Tensor Sort(Tensor sorted, Tensor blocks, Tensor g, OrderArguments arguments) =>
        Blocks.Mean(Pooled(sorted.Times(arguments.Sign), blocks, g, arguments), Blocks.Runs(sorted.detach()));

    /// <summary>c_i sum over B of g_j: c_i = 1/|B|, or exp z_i over its sum in B.</summary>
    private static Tensor Pooled(Tensor z, Tensor blocks, Tensor g, OrderArguments arguments)
    {
        if (!arguments.IsEntropic)
        {
            return Blocks.Mean(g, blocks);
        }

        // Entries -infinity are blocks of their own.
        var finite = z.Fill(z.isinf(), 0);
        var weights = (finite - Blocks.First(finite, blocks).detach()).exp();
        return weights / Blocks.Mean(weights, blocks) * Blocks.Mean(g, blocks);
    }
}
