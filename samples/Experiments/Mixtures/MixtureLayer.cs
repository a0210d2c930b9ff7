using SparseTopK.Torch;
using SparseTopK.Torch.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>The library's mixture of experts as the feed-forward layer of a block, which remembers what its router decided.</summary>
internal sealed class MixtureLayer : nn.Module<Tensor, Tensor>
{
    /// <summary>What a network computes for a token: k experts, or a layer as wide as those together.</summary>
    public const int ExpertsPerToken = 2;

    private const int Experts = 8;
    private const int HiddenUnits = 64;

    private readonly MixtureOfExperts _mixture;

    [ComponentName(Name = "tokens")]
    private readonly Tensor _tokens;

    [ComponentName(Name = "rows")]
    private readonly Tensor _rows;

    /// <summary>A mixture whose router is that of a method.</summary>
    private MixtureLayer(long width, MixtureMethod method, double strength)
        : base(nameof(MixtureLayer))
    {
        Router = method.Kind == RouterKind.Hard
            ? new HardRouter(width, Experts, ExpertsPerToken, method.Choice, strength)
            : new TopKRouter(width, Experts, ExpertsPerToken, strength, method.P, method.Choice, GateScaling.Softmax);
        _mixture = new(Router, [.. Enumerable.Range(0, Experts).Select(_ => FeedForward(width, HiddenUnits))]);
        (_tokens, _rows) = (zeros(1, ScalarType.Float64), zeros(Experts, ScalarType.Float64));
        RegisterComponents();
    }

    public nn.Module<Tensor, Tensor?, Routing> Router { get; }

    /// <summary>What the router decided in the last forward pass.</summary>
    public Routing? Last { get; private set; }

    /// <summary>The rows that experts computed in training for each token. They are counted in buffers: a checkpoint holds them.</summary>
    public double RowsPerTrainingToken => _rows.sum().item<double>() / _tokens.item<double>();

    /// <summary>The feed-forward layer of a method.</summary>
    public static nn.Module<Tensor, Tensor> Create(long width, MixtureMethod method, double strength) => method.Kind == RouterKind.None
        ? FeedForward(width, ExpertsPerToken * HiddenUnits)
        : new MixtureLayer(width, method, strength);

    public override Tensor forward(Tensor input)
    {
        Last?.Dispose();
        using var scope = NewDisposeScope();
        var output = _mixture.forward(input, null, out var routing);
        routing.Gates.DetachFromDisposeScope();
        routing.Scores!.DetachFromDisposeScope();
        Last = routing;
        if (training)
        {
            using var constant = no_grad();
            _tokens.add_(routing.Gates.shape[0]);
            _rows.add_((routing.Gates != 0).sum(dim: 0));
        }

        return output.MoveToOuterDisposeScope();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Last?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static nn.Module<Tensor, Tensor> FeedForward(long width, long hidden) => nn.Sequential(
        ("up", nn.Linear(width, hidden)), ("gelu", nn.GELU()), ("down", nn.Linear(hidden, width)));
}
