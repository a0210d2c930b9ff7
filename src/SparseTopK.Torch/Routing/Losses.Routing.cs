using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

public static partial class Losses
{
    /// <summary>The load-balancing loss of the Switch Transformer, for soft gates: 1 where experts share the tokens equally.</summary>
    /// <param name="gates">The gates g: (tokens, experts). A constant here, as the counts are in the source.</param>
    /// <param name="scores">The router's scores s (logits): (tokens, experts).</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens), or null.</param>
    /// <returns>A scalar; 0 where there is no token.</returns>
    /// <remarks>
    /// <para><c>E sum over e of f_e P_e</c>, E experts, f_e = sum of g over the tokens of e / sum of all g, P_e = mean over the tokens of softmax(s)_e.
    /// The gradient flows through P. For hard gates f_e is the share of the assignments.</para>
    /// <para>Cost: O(tokens * experts). Source: Fedus, Zoph and Shazeer, <i>Switch Transformers</i>, JMLR 2022, arXiv:2101.03961, equations
    /// 4 to 6, without its factor alpha (there 0.01).</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">gates or scores is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public static Tensor load_balancing_loss(Tensor gates, Tensor scores, Tensor? padding = null)
    {
        RoutingArguments.CheckMatrix(gates, nameof(gates));
        ArgumentNullException.ThrowIfNull(scores);
        RoutingArguments.CheckSame(gates, scores, nameof(scores));
        RoutingArguments.CheckPadding(padding, gates, gates.shape[0]);
        using var scope = NewDisposeScope();
        var mass = WithoutPadding(ClassRows.Widened(gates.detach()), padding).sum(dim: 0);
        var shares = mass / Safe(mass.sum());
        var mean = MeanOverTokens(WithoutPadding(ClassRows.Widened(scores), padding).softmax(1), padding);
        return ((shares * mean).sum().Times(gates.shape[1])).MoveToOuterDisposeScope();
    }

    /// <summary>The importance loss: the squared coefficient of variation of the experts' sums of gates, 0 where they are equal.</summary>
    /// <param name="gates">The gates: (tokens, experts).</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens), or null.</param>
    /// <returns>A scalar; 0 where all gates are 0.</returns>
    /// <remarks>
    /// <para><c>Var(I) / mean(I)^2</c>, I_e = sum of g over the tokens of e, the variance over all experts. The gradient flows through the gates: soft
    /// masks have one.</para>
    /// <para>Cost: O(tokens * experts). Source: Shazeer et al., <i>Outrageously Large Neural Networks: the Sparsely-Gated Mixture-of-Experts
    /// Layer</i>, ICLR 2017, arXiv:1701.06538, equations 6 and 7, without its factor.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">gates is null.</exception>
    /// <exception cref="ArgumentException">The shape or the type does not fit. The exception names the argument.</exception>
    public static Tensor importance_loss(Tensor gates, Tensor? padding = null)
    {
        RoutingArguments.CheckMatrix(gates, nameof(gates));
        RoutingArguments.CheckPadding(padding, gates, gates.shape[0]);
        using var scope = NewDisposeScope();
        var importance = WithoutPadding(ClassRows.Widened(gates), padding).sum(dim: 0);
        var mean = importance.mean();
        return ((importance - mean).Squared().mean() / Safe(mean.Squared())).MoveToOuterDisposeScope();
    }

    /// <summary>The router z-loss: keeps the scores small, which keeps them precise.</summary>
    /// <param name="scores">The router's scores s (logits): (tokens, experts).</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens), or null.</param>
    /// <returns>A scalar; 0 where there is no token.</returns>
    /// <remarks>
    /// <para><c>mean over the tokens of (log sum over e of exp s_e)^2</c>.</para>
    /// <para>Cost: O(tokens * experts). Source: Zoph et al., <i>ST-MoE: Designing Stable and Transferable Sparse Expert Models</i>, 2022,
    /// arXiv:2202.08906, equation 5, without its factor (there 0.001).</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">scores is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public static Tensor router_z_loss(Tensor scores, Tensor? padding = null)
    {
        RoutingArguments.CheckMatrix(scores, nameof(scores));
        RoutingArguments.CheckPadding(padding, scores, scores.shape[0]);
        using var scope = NewDisposeScope();
        return MeanOverTokens(WithoutPadding(ClassRows.Widened(scores), padding).logsumexp(1).Squared(), padding).MoveToOuterDisposeScope();
    }

    /// <summary>0 for the tokens that are padding, whatever they held: so that their gradient is 0 too.</summary>
    private static Tensor WithoutPadding(Tensor values, Tensor? padding) => padding is null ? values : values.Fill(padding.unsqueeze(1), 0);

    /// <summary>The mean over the first dimension, without padding; 0 where nothing is left.</summary>
    private static Tensor MeanOverTokens(Tensor values, Tensor? padding)
    {
        if (padding is null)
        {
            return values.sum(dim: 0).Times(1.0 / Math.Max(1, values.shape[0]));
        }

        var mask = values.dim() == 2 ? padding.unsqueeze(1) : padding;
        return values.Fill(mask, 0).sum(dim: 0) / padding.logical_not().sum().AtLeast(1);
    }

    /// <summary>1 where it is 0: what is divided is 0 too.</summary>
    private static Tensor Safe(Tensor divisor) => divisor.Fill(divisor.IsAt(0), 1);
}
