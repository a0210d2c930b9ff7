using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Powers. Equal numbers have equal powers wherever they stand (pow rounds the end of a row in a way of its own).</summary>
internal static class PowerOf
{
    /// <summary>v^a for v &gt;= 0, a &gt; 0.</summary>
    public static Tensor Share(Tensor v, double a) => a switch
    {
        0.5 => v.sqrt(),
        1 => v,
        2 => v * v,
        3 => v * v * v,
        _ => v.log().Times(a).exp(),
    };

    /// <summary>v^(a-1) for v &gt;= 0, and 0 at v = 0; no more than <see cref="Wide.LargestSlope"/>.</summary>
    public static Tensor Slope(Tensor v, double a) => a switch
    {
        1 => v.IsAbove(0).to(v.dtype),
        2 => v,
        3 => v * v,
        _ => Positive(v.Fill(v.IsAbove(0).logical_not(), 1), a - 1).Fill(v.IsAbove(0).logical_not(), 0),
    };

    /// <summary>v^e for v &gt; 0 and any e; no more than <see cref="Wide.LargestSlope"/>.</summary>
    public static Tensor Positive(Tensor v, double e) => e == 0 ? ones_like(v) : v.log().Times(e).exp().AtMost(Wide.LargestSlope(v.dtype));
}
