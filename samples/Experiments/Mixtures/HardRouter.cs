using SparseTopK.Experiments.Running;
using SparseTopK.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>The routers that soft top-k is compared with: hard top-k of linear scores, with softmax gates.</summary>
/// <remarks>
/// <para>Tokens choose: the k largest scores of a token, gates the softmax over those. Experts choose: each the tokens with its largest gates,
/// as many as its mean load, gates the softmax over all experts (Zhou et al. 2022, arXiv:2202.09368).</para>
/// <para>In training, normal noise on the scores that are compared, as in noisy top-k gating (Shazeer et al. 2017, arXiv:1701.06538).</para>
/// </remarks>
internal sealed class HardRouter : nn.Module<Tensor, Tensor?, Routing>
{
    private readonly Linear _gate;
    private readonly RoutingChoice _choice;
    private readonly long _experts;
    private readonly int _k;
    private readonly double _noise;

    public HardRouter(long features, long experts, int k, RoutingChoice choice, double noise)
        : base(nameof(HardRouter))
    {
        (_experts, _k, _choice, _noise) = (experts, k, choice, noise);
        _gate = nn.Linear(features, experts, hasBias: false);
        RegisterComponents();
    }

    /// <summary>Where the noise of the next call starts: every step has its own, so that an interrupted training goes on with the same.</summary>
    public ulong NoiseSeed { get; set; }

    public override Routing forward(Tensor input, Tensor? padding)
    {
        using var scope = NewDisposeScope();
        var scores = _gate.call(input);
        var noisy = training && _noise > 0 ? scores.Plus(Noise(scores).Times(_noise)) : scores;
        var gates = _choice == RoutingChoice.Token ? OfTokens(noisy) : OfExperts(noisy);
        return new(gates.MoveToOuterDisposeScope(), scores.MoveToOuterDisposeScope());
    }

    private Tensor OfTokens(Tensor scores)
    {
        var (values, experts) = scores.topk(_k, dim: 1, sorted: false);
        return zeros_like(scores).scatter(1, experts, values.softmax(1));
    }

    private Tensor OfExperts(Tensor scores)
    {
        var gates = scores.softmax(1);
        var capacity = (int)(_k * scores.shape[0] / _experts);
        var (values, tokens) = gates.topk(capacity, dim: 0, sorted: false);
        return zeros_like(gates).scatter(0, tokens, values);
    }

    private Tensor Noise(Tensor scores)
    {
        using var generator = new Generator(NoiseSeed);
        return randn(scores.shape, ScalarType.Float32, generator: generator);
    }
}
