using SparseTopK.Torch.Functions;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>The router of a mixture of experts: a soft top-k mask of linear scores, so that it learns which experts to choose.</summary>
/// <remarks>
/// <para><c>s = x W^T</c>, W of (experts, features). Tokens choose: m is the mask of each row of s, k of the experts. Experts choose: m is the
/// mask of each column, capacity = min(tokens, ceil(capacity_factor k n / experts)) of the n tokens that are not padding. Gates are m, scaled
/// as <see cref="GateScaling"/> says, and exactly 0 outside its support.</para>
/// <para>The mask is soft: near a tie more than k experts share a token (their gates still sum to k), and where the scores are lambda
/// or more apart it is hard, with gradient 0 (see <see cref="GateScaling.Softmax"/> and the losses of <see cref="Routing"/>). The smaller lambda,
/// the fewer. A capacity bounds the sum of an expert's gates, not the number of its tokens.</para>
/// <para>Padding tokens have the scores -infinity: their gates are exactly 0, and they take no place of others.</para>
/// <para>Noise, in training only: normal numbers times noise are added to s. With a seed they depend on the seed and on how many noisy
/// calls there were: they are drawn on the CPU, the same for every device, and a call is not thread-safe. Without a seed they come from
/// torch's own generator of the device, whose state is yours to save.</para>
/// <para>The state dict has "gate.weight", "lambda" (a float64) and, with a seed and noise, "noise_calls": training that is saved and
/// loaded goes on with the same strength and the same noise. Both are on the CPU, and <c>to</c> neither moves nor rounds them.</para>
/// <para>Types: W may be wider than the tokens, for example a float32 W for bfloat16 tokens, as is common since scores need precision.
/// The tokens are then widened for the scores, and scores and gates have the type of W.</para>
/// <para>Sources: Shazeer et al. 2017, arXiv:1701.06538 (tokens choose, noise); Zhou et al., <i>Mixture-of-Experts with Expert Choice
/// Routing</i>, NeurIPS 2022, arXiv:2202.09368; Sander et al., ICML 2023, arXiv:2302.01425, section 5 (soft top-k as a router).</para>
/// </remarks>
public sealed class TopKRouter : nn.Module<Tensor, Tensor?, Routing>
{
    [ComponentName(Name = "gate")]
    private readonly Linear _gate;

    [ComponentName(Name = nameof(lambda))]
    private readonly Tensor _lambda;

    [ComponentName(Name = "noise_calls")]
    private readonly Tensor? _noiseCalls;

    private readonly ulong? _seed;
    private readonly long _experts;
    private readonly long _k;
    private readonly double _p;
    private readonly RoutingChoice _choice;
    private readonly GateScaling _scaling;
    private readonly double _capacityFactor;
    private readonly double _noise;

    /// <summary>A router.</summary>
    /// <param name="features">The length of a token.</param>
    /// <param name="experts">How many experts there are.</param>
    /// <param name="k">How many experts a token gets, from 1 to experts; where experts choose, on average.</param>
    /// <param name="lambda">The strength of the mask, above 0, in the units of the scores.</param>
    /// <param name="p">The exponent of the mask, above 1: with 4/3 experts enter the support smoothly.</param>
    /// <param name="choice">Who chooses.</param>
    /// <param name="scaling">How the mask becomes gates.</param>
    /// <param name="capacity_factor">Where experts choose: their capacity over its mean, above 0.</param>
    /// <param name="noise">The standard deviation of the noise in training, 0 or more, in the units of the scores.</param>
    /// <param name="seed">The seed of the noise, or null for torch's own generator.</param>
    /// <param name="device">Where W is.</param>
    /// <param name="dtype">The type of W.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names it.</exception>
    public TopKRouter(
        long features, long experts, long k, double lambda, double p = 2, RoutingChoice choice = RoutingChoice.Token,
        GateScaling scaling = GateScaling.None, double capacity_factor = 1, double noise = 0, ulong? seed = null, Device? device = null,
        ScalarType? dtype = null)
        : base(nameof(TopKRouter))
    {
        RouterArguments.Check(features, experts, k, lambda, p, choice, scaling, capacity_factor, noise, dtype);
        (_experts, _k, _p, _choice, _scaling) = (experts, k, p, choice, scaling);
        (_capacityFactor, _noise, _seed) = (capacity_factor, noise, seed);
        _lambda = tensor(new[] { lambda }, ScalarType.Float64, CPU).DetachFromDisposeScope();
        _noiseCalls = seed is not null && noise > 0 ? tensor(new long[1], ScalarType.Int64, CPU).DetachFromDisposeScope() : null;
        _gate = nn.Linear(features, experts, hasBias: false, device, dtype);
        RegisterComponents();
    }

    /// <summary>The strength of the mask, above 0, in the units of the scores. It may be set, for annealing, and is part of the state dict.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 0.</exception>
    public double lambda { get => _lambda.Span<double>()[0]; set => _lambda.Span<double>()[0] = TopKSettings.Lambda(value); }

    /// <summary>Routes tokens, none of them padding.</summary>
    /// <param name="input">The tokens: (tokens, features).</param>
    /// <returns>The gates and the scores: (tokens, experts).</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public Routing forward(Tensor input) => forward(input, null);

    /// <summary>Routes tokens.</summary>
    /// <param name="input">The tokens: (tokens, features).</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens), or null.</param>
    /// <returns>The gates and the scores: (tokens, experts).</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public override Routing forward(Tensor input, Tensor? padding)
    {
        ArgumentNullException.ThrowIfNull(input);
        var features = _gate.weight!.shape[1];
        if (input.dim() != 2 || input.shape[1] != features)
        {
            throw new ArgumentException($"The tokens must be of the shape (tokens, {features}).", nameof(input));
        }

        Arguments.CheckValues(input, nameof(input));
        if (!input.is_floating_point())
        {
            throw new ArgumentException($"The tokens are {input.dtype}: a floating-point type is needed.", nameof(input));
        }

        RouterArguments.CheckType(input, _gate.weight!);
        Arguments.CheckBeside(input, _gate.weight!, nameof(input));
        RoutingArguments.CheckPadding(padding, input, input.shape[0]);
        using var scope = NewDisposeScope();
        // Padding may hold anything, NaN too: 0 times its gradient must be 0.
        var tokens = padding is null ? input : input.Fill(padding.unsqueeze(1), 0);
        var scores = _gate.call(tokens.dtype == _gate.weight!.dtype ? tokens : tokens.to(_gate.weight.dtype));
        var noisy = training && _noise > 0 ? scores.Plus(Noise(scores).Times(_noise)) : scores;
        var open = padding is null ? noisy : noisy.Fill(padding.unsqueeze(1), double.NegativeInfinity);
        var gates = Scaled(Mask(open, padding), noisy);
        return new(gates.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope(), padding?.alias().MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    protected override void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
    {
        // lambda would be rounded, and read from the device in each pass.
        var buffers = _internal_buffers;
        _internal_buffers = new();
        base._toEpilog(dtype, device, non_blocking);
        _internal_buffers = buffers;
    }

    private Tensor Mask(Tensor scores, Tensor? padding)
    {
        if (_choice == RoutingChoice.Token)
        {
            return Functional.topk_mask(scores, _k, lambda, _p);
        }

        var tokens = scores.shape[0];
        var counted = tokens - (padding?.sum().item<long>() ?? 0);
        var share = _capacityFactor * _k * counted / _experts;
        var capacity = Math.Min(tokens, (long)Math.Ceiling(share * (1 - 1e-12))); // A factor that is rounded up adds no token.
        return Functional.topk_mask(scores, capacity, lambda, _p, dim: 0);
    }

    private Tensor Noise(Tensor scores)
    {
        if (_noiseCalls is null)
        {
            return randn_like(scores);
        }

        using var generator = new Generator(SeedOf(_seed!.Value, (ulong)_noiseCalls.Span<long>()[0]++));
        return randn(scores.shape, ScalarType.Float32, device: CPU, generator: generator).to(scores.dtype, scores.device);
    }

    /// <summary>A seed for each call: the seeds of two routers, or of two calls, do not follow from one another (SplitMix64).</summary>
    private static ulong SeedOf(ulong seed, ulong call)
    {
        return Mixed(Mixed(seed) + call);

        static ulong Mixed(ulong state)
        {
            state += 0x9E3779B97F4A7C15;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
            return state ^ (state >> 31);
        }
    }

    private Tensor Scaled(Tensor mask, Tensor scores) => _scaling switch
    {
        GateScaling.None => mask,
        GateScaling.Normalized => PerToken(mask),
        _ => PerToken(mask * Weights(mask, scores)),
    };

    /// <summary>Divided by their sum over the experts.</summary>
    private static Tensor PerToken(Tensor gates)
    {
        var sums = gates.sum(1, keepdim: true);
        return gates / sums.Fill(sums.IsAt(0), 1);
    }

    /// <summary>exp(s) over the largest of them in the support of the mask, 0 outside.</summary>
    private static Tensor Weights(Tensor mask, Tensor scores)
    {
        var chosen = scores.Fill(mask.IsAt(0), double.NegativeInfinity);
        var top = chosen.detach().amax([1], keepdim: true);
        return (chosen - top.Fill(top.isneginf(), 0)).exp();
    }
}
