using SparseTopK.Torch.Functions;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>A mixture of experts that computes only what its gates ask for: <c>y = sum over e of g_e(x) expert_e(x)</c>.</summary>
/// <remarks>
/// <para>The input is (.., d): its tokens are flattened, routed, and each expert gets the rows whose gate is not 0, once, as one
/// batch (rows, d). What it returns, (rows, d'), is multiplied by the gates and added up: the output is (.., d'). An expert without a token is
/// not called, and its parameters get no gradient (null after the module's zero_grad, and optimizers skip it; the optimizer's own zero_grad
/// leaves 0, by which Adam moves on). A token without an expert, padding
/// among them, gives zeros.</para>
/// <para>Gradients flow to the input, the experts, and through the gates to the router. A gate that is exactly 0 gets no gradient: that is
/// exact for <see cref="TopKRouter"/>, whose mask has none there.</para>
/// <para>Types: the output has that of the experts' results. Gates of another type, for example those of a float32 router beside bfloat16
/// experts, are converted to it.</para>
/// <para>The router is any module from tokens (n, d) and padding (n, or null) to a <see cref="Routing"/>. Router and experts are
/// registered as "router" and "experts.0", "experts.1", ... An expert must not keep tensors that it makes in forward: they are disposed of.</para>
/// <para>Cost: the experts on their rows, one copy of those rows and of their results; it waits for the device, to count the rows.</para>
/// </remarks>
public sealed class MixtureOfExperts : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "router")]
    private readonly nn.Module<Tensor, Tensor?, Routing> _router;

    [ComponentName(Name = "experts")]
    private readonly ModuleList<nn.Module<Tensor, Tensor>> _experts;

    /// <summary>A mixture.</summary>
    /// <param name="router">The router: a <see cref="TopKRouter"/> or your own.</param>
    /// <param name="experts">The experts, in the order of the router's columns: from (rows, d) to (rows, d'), the same d' for all.</param>
    /// <exception cref="ArgumentNullException">router or experts is null.</exception>
    /// <exception cref="ArgumentException">There is no expert, or one is null. The exception names the argument.</exception>
    public MixtureOfExperts(nn.Module<Tensor, Tensor?, Routing> router, params nn.Module<Tensor, Tensor>[] experts)
        : base(nameof(MixtureOfExperts))
    {
        ArgumentNullException.ThrowIfNull(router);
        ArgumentNullException.ThrowIfNull(experts);
        if (experts.Length == 0 || experts.Contains(null))
        {
            throw new ArgumentException("One expert or more is needed, and none may be null.", nameof(experts));
        }

        (_router, _experts) = (router, new(experts));
        RegisterComponents();
    }

    /// <summary>The mixture, no token being padding.</summary>
    /// <param name="input">The tokens: (.., d).</param>
    /// <returns>(.., d').</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    /// <exception cref="ArgumentException">The shape does not fit. The exception names the argument.</exception>
    /// <exception cref="InvalidOperationException">The router or an expert returned null, or another shape than it should; or gates are on
    /// another device than the tokens, or two experts differ in the width or the type of their results. Errors from inside an expert are its own.</exception>
    public override Tensor forward(Tensor input) => forward(input, null);

    /// <summary>The mixture with padding.</summary>
    /// <param name="input">The tokens: (.., d).</param>
    /// <param name="padding">Which tokens are padding, Bool: the shape of input without d, or null.</param>
    /// <inheritdoc cref="forward(Tensor)"/>
    public Tensor forward(Tensor input, Tensor? padding)
    {
        using var scope = NewDisposeScope();
        return forward(input, padding, out _).MoveToOuterDisposeScope();
    }

    /// <summary>The mixture, and what the router decided: for its losses and statistics.</summary>
    /// <param name="input">The tokens: (.., d).</param>
    /// <param name="padding">Which tokens are padding, Bool: the shape of input without d, or null.</param>
    /// <param name="routing">The gates of the flattened tokens: yours to dispose of.</param>
    /// <inheritdoc cref="forward(Tensor)"/>
    public Tensor forward(Tensor input, Tensor? padding, out Routing routing)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.dim() == 0)
        {
            throw new ArgumentException("A tensor without a dimension has no tokens.", nameof(input));
        }

        long[] outer = input.shape[..^1];
        Arguments.CheckValues(input, nameof(input));
        RoutingArguments.CheckPadding(padding, input, outer);
        var count = outer.Aggregate(1L, (product, length) => product * length);
        using var scope = NewDisposeScope();
        var tokens = input.reshape(count, input.shape[^1]);
        var decision = _router.call(tokens, padding?.reshape(count)) ?? throw new InvalidOperationException("The router returned null.");
        var mixed = Mix(tokens, decision.Gates);
        Tensor?[] kept = [decision.Gates, decision.Scores, decision.Padding];
        scope.MoveToOuter(kept.OfType<Tensor>()); // Those of this scope: a router's own tensors stay where they are.
        routing = decision;
        return mixed.reshape([.. outer, mixed.shape[1]]).MoveToOuterDisposeScope();
    }

    private Tensor Mix(Tensor tokens, Tensor gates)
    {
        var count = tokens.shape[0];
        if (gates.shape[0] != count || gates.shape[1] != _experts.Count)
        {
            throw new InvalidOperationException(
                $"The router's gates are ({gates.shape[0]}, {gates.shape[1]}) where ({count}, {_experts.Count}) is needed.");
        }

        if (gates.device_type != tokens.device_type || gates.device_index != tokens.device_index)
        {
            throw new InvalidOperationException($"The router's gates are on {gates.device}, and the tokens on {tokens.device}.");
        }

        var chosen = gates.detach().t().IsAt(0).logical_not().nonzero(); // Sorted by expert, then by token.
        var (expert, token) = (chosen.select(1, 0), chosen.select(1, 1));
        var weights = gates.reshape(-1).index_select(0, token.Times((long)_experts.Count).Plus(expert)).unsqueeze(1);
        var outputs = cat(Run(tokens.index_select(0, token), expert), 0);
        outputs = outputs * weights.to(outputs.dtype);
        return zeros([count, outputs.shape[1]], outputs.dtype, outputs.device).AddAt(0, token, outputs);
    }

    /// <summary>Each expert on its part of the rows, which are in the order of the experts.</summary>
    private List<Tensor> Run(Tensor rows, Tensor expert)
    {
        var counts = expert.bincount(null, _experts.Count).cpu().data<long>().ToArray();
        var outputs = new List<Tensor>();
        var start = 0L;
        for (var e = 0; e < counts.Length; e++)
        {
            // Without any row one expert is called on none: only it knows the shape and the type of the result.
            if (counts[e] > 0 || (rows.shape[0] == 0 && e == 0))
            {
                var output = _experts[e].call(rows.narrow(0, start, counts[e]));
                if (output is null || output.dim() != 2 || output.shape[0] != counts[e])
                {
                    throw new InvalidOperationException($"Expert {e} returned ({string.Join(", ", output?.shape ?? [])}) for {counts[e]} rows.");
                }

                outputs.Add(output);
                CheckAlike(outputs[0], output, e);
                start += counts[e];
            }
        }

        return outputs;
    }

    private static void CheckAlike(Tensor first, Tensor output, int expert)
    {
        if (output.shape[1] != first.shape[1] || output.dtype != first.dtype)
        {
            throw new InvalidOperationException(
                $"Expert {expert} returned rows of {output.shape[1]} {output.dtype}, and one before it rows of {first.shape[1]} {first.dtype}.");
        }
    }
}
