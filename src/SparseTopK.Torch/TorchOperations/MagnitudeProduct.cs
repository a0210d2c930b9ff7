using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Products with the Jacobian of the magnitude, in differentiable torch operations.</summary>
internal static class MagnitudeProduct
{
    /// <summary>The core finds gamma so that gamma + R'(gamma) is at most the smallest entry kept whole, with a power that it rounds itself.</summary>
    private const double Slack = 1 - 8e-16;

    /// <summary>k as a number or, [..., 1], one per row.</summary>
    public static (double Number, Tensor? PerRow) Counts(Tensor? counts, Functions.TopKArguments arguments) =>
        (arguments.K, counts?.unsqueeze(-1));

    /// <summary>Saturated entries have g_i; the pool has sign(x_i) ((A_i + 1) h_i - A_i S/D); the rest 0.</summary>
    /// <param name="x">The values.</param>
    /// <param name="gamma">The threshold of each row.</param>
    /// <param name="k">From <see cref="Counts"/>.</param>
    /// <param name="g">The gradient of the output.</param>
    /// <param name="norm">The regularizer.</param>
    public static Tensor Vjp(Tensor x, Tensor gamma, (double Number, Tensor? PerRow) k, Tensor g, PNorm norm)
    {
        var pool = new Pool(x, gamma, k, norm);
        var cotangent = g.to(pool.Slope.dtype);
        var h = (pool.Sign * cotangent).Fill(pool.Rest, 0);
        var coupling = ((pool.Slope.Plus(1)) * h).RowSum() / pool.Divisor;
        var product = pool.Sign * h.Plus(pool.Slope * (h - coupling));
        return cotangent.where(pool.Saturated, product).InvalidateRows(gamma.unsqueeze(-1).isnan()).Narrow(x.dtype);
    }

    /// <summary>dgamma = sum over the pool of A_i sign(x_i) dx_i/D.</summary>
    /// <param name="x">The values.</param>
    /// <param name="gamma">The threshold of each row.</param>
    /// <param name="k">From <see cref="Counts"/>.</param>
    /// <param name="g">The gradient of gamma.</param>
    /// <param name="norm">The regularizer.</param>
    public static Tensor GammaVjp(Tensor x, Tensor gamma, (double Number, Tensor? PerRow) k, Tensor g, PNorm norm)
    {
        var pool = new Pool(x, gamma, k, norm);
        var product = pool.Sign * pool.Slope * (g.unsqueeze(-1) / pool.Divisor);
        return product.InvalidateRows(gamma.unsqueeze(-1).isnan()).Narrow(x.dtype);
    }

    /// <summary>The entries between gamma and their saturation.</summary>
    private readonly struct Pool
    {
        public Pool(Tensor x, Tensor gamma, (double Number, Tensor? PerRow) k, PNorm norm)
        {
            var (wide, threshold, a) = (x.Widen(), gamma.unsqueeze(-1), norm.ResponseExponent);
            var (size, inverse) = (wide.abs(), Wide.Inverse(norm.Lambda, wide.dtype));
            Sign = wide.sign();
            var (s, constant) = (size.detach(), threshold.detach());
            Saturated = FindSaturated(s, constant, k, norm);
            Rest = Saturated | (s <= constant) | constant.isnan();
            var t = (size - threshold).Fill(Rest, norm.Lambda).Times(inverse);
            var free = Places(k, Saturated.to(wide.dtype).RowSum());
            var atGamma = SlopeAtGamma(s, constant, free, Saturated, norm);
            Slope = PowerOf.Positive(t, a - 1).Fill(Rest, 0);
            Slope = atGamma.where(atGamma.IsAbove(0), Slope).Times(a).Times(inverse).AtMost(Wide.LargestSlope(wide.dtype));
            Rest = Rest & Slope.IsAt(0);
            var divisor = Slope.RowSum().Plus(free);

            // A D next to 0 is an entry that has only just entered the pool, with all k places taken: a kink.
            Divisor = divisor.Fill(divisor.IsAbove(Wide.Least(wide.dtype)).logical_not(), double.PositiveInfinity);
        }

        public Tensor Sign { get; }

        public Tensor Saturated { get; }

        /// <summary>What is not in the pool.</summary>
        public Tensor Rest { get; }

        /// <summary>A_i = a t_i^(a-1)/lambda^a in the pool, else 0.</summary>
        public Tensor Slope { get; }

        /// <summary>D = k - (number saturated) + sum of A_i; infinite where that is not above 0.</summary>
        public Tensor Divisor { get; }

        /// <summary>k less a count of each row.</summary>
        private static Tensor Places((double Number, Tensor? PerRow) k, Tensor count) =>
            k.PerRow is null ? count.neg().Plus(k.Number) : k.PerRow - count;

        /// <summary>The entries from saturation on, give or take the rounding of gamma: but no more than k of them.</summary>
        private static Tensor FindSaturated(Tensor s, Tensor gamma, (double Number, Tensor? PerRow) k, PNorm norm)
        {
            var saturation = gamma.Plus(Width(gamma, norm));
            var isAbove = (s > gamma) | gamma.IsAt(0);
            var nearly = (s >= saturation.Times(Slack)) & isAbove;
            var tooMany = Places(k, nearly.to(s.dtype).RowSum()).IsBelow(0);
            return nearly & ((s >= saturation) | tooMany.logical_not());
        }

        /// <summary>t^(a-1)/lambda^(a-1) of the smallest entries of the pool where gamma is so near to them that t has lost its digits: what the
        /// others leave of k is their share. 0 elsewhere.</summary>
        private static Tensor SlopeAtGamma(Tensor s, Tensor gamma, Tensor free, Tensor saturated, PNorm norm)
        {
            var isCandidate = (s >= gamma) & gamma.IsAbove(0) & saturated.logical_not();
            var smallest = s.Fill(isCandidate.logical_not(), double.PositiveInfinity).amin([-1], keepdim: true);
            var isTied = isCandidate & (s == smallest) & (smallest - gamma <= gamma.Times(1e5 * Wide.Digits(s.dtype)));
            var isOther = isCandidate & isTied.logical_not();
            var level = ((s - gamma) / Width(gamma, norm).AtLeast(Wide.Least(s.dtype))).Fill(isOther.logical_not(), 0);
            var others = PowerOf.Share(level, norm.ResponseExponent).RowSum();
            var share = (free - others) / isTied.to(s.dtype).RowSum();
            var isPooled = isTied & share.IsAbove(Wide.Digits(s.dtype) * s.size(-1)) & share.IsAbove(1).logical_not();

            // t = lambda c^(p-1) with c = gamma * share, and (t/lambda)^(a-1) = c^(2-p).
            return PowerOf.Positive((gamma * share).Fill(isPooled.logical_not(), 1), 2 - norm.P).Fill(isPooled.logical_not(), 0);
        }
    }

    /// <summary>R'(gamma) = lambda gamma^(p-1).</summary>
    public static Tensor Width(Tensor gamma, PNorm norm) => norm.ResponseExponent switch
    {
        1 => gamma.Times(norm.Lambda),
        2 => gamma.sqrt().Times(norm.Lambda),
        _ => PowerOf.Share(gamma, norm.P - 1).Times(norm.Lambda),
    };
}
