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
            var size = wide.abs();
            Sign = wide.sign();
            var (s, constant) = (size.detach(), threshold.detach());
            Saturated = (s >= constant.Plus(Width(constant, norm)).Times(Slack)) & ((s > constant) | constant.IsAt(0));
            Rest = Saturated | (s <= constant) | constant.isnan();
            var t = (size - threshold).Fill(Rest, norm.Lambda).Times(1 / norm.Lambda);
            Slope = PowerOf.Positive(t, a - 1).Fill(Rest, 0).Times(a / norm.Lambda);
            var saturated = Saturated.to(Slope.dtype).RowSum();
            var divisor = Slope.RowSum().Plus(k.PerRow is null ? saturated.neg().Plus(k.Number) : k.PerRow - saturated);
            Divisor = divisor.Fill(divisor.IsAbove(0).logical_not(), double.PositiveInfinity);
        }

        public Tensor Sign { get; }

        public Tensor Saturated { get; }

        /// <summary>What is not in the pool.</summary>
        public Tensor Rest { get; }

        /// <summary>A_i = a t_i^(a-1)/lambda^a in the pool, else 0.</summary>
        public Tensor Slope { get; }

        /// <summary>D = k - (number saturated) + sum of A_i; infinite where that is not above 0.</summary>
        public Tensor Divisor { get; }
    }

    /// <summary>R'(gamma) = lambda gamma^(p-1).</summary>
    public static Tensor Width(Tensor gamma, PNorm norm) => norm.ResponseExponent switch
    {
        1 => gamma.Times(norm.Lambda),
        2 => gamma.sqrt().Times(norm.Lambda),
        _ => PowerOf.Share(gamma, norm.P - 1).Times(norm.Lambda),
    };
}
