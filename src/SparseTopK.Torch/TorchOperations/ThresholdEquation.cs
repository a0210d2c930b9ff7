using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The equation of many rows: over the keys s of each, sum of min(((s_i - theta)_+/w)^a, 1) = k, its largest root.</summary>
/// <remarks>Mask: s = x, theta = tau, w = lambda. Magnitude: s = |x|, theta = gamma, w = R'(gamma). The root is anchor + offset, where the
/// anchor is the k-th key, one nearer to the root, or 0: s - anchor is exact where it matters.</remarks>
/// <param name="Keys">[..., n], finite or -infinity.</param>
/// <param name="K">[..., 1], from 1 to n.</param>
/// <param name="Norm">The regularizer.</param>
/// <param name="IsMagnitude">Whether theta is gamma.</param>
internal sealed record ThresholdEquation(Tensor Keys, Tensor K, PNorm Norm, bool IsMagnitude)
{
    public Tensor Width(Tensor theta) => IsMagnitude
        ? MagnitudeProduct.Width(theta, Norm).AtLeast(Wide.Least(theta.dtype))
        : theta.Filled(MaskWidth);

    /// <summary>lambda, but large enough to have an inverse.</summary>
    public double MaskWidth => Math.Max(Norm.Lambda, Wide.Least(Keys.dtype));

    /// <summary>The left side less k, how it falls as theta rises, and how much of it rounding may have made.</summary>
    public (Tensor Residual, Tensor Slope, Tensor Noise) Evaluate(Tensor anchor, Tensor offset, Tensor width)
    {
        var a = Norm.ResponseExponent;
        var level = (Keys - anchor - offset) / width;
        var full = level.IsBelow(1).logical_not();
        var free = level.AtLeast(0).Fill(full, 0);
        var sum = PowerOf.Share(free, a).RowSum();
        var kappa = K - full.to(sum.dtype).RowSum();
        var slope = PowerOf.Slope(free, a).RowSum().Times(a) / width;
        if (IsMagnitude)
        {
            slope = slope.Plus(kappa / anchor.Plus(offset));
        }

        return (sum - kappa, slope, sum.Times(0.1 * Wide.Digits(sum.dtype) * Math.Sqrt(Math.Max(1, Keys.size(-1)))));
    }
}
