using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Running;
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

    /// <summary>The k of the soft routers: gates sum to 1, and the experts that share them are as many as lambda lets in.</summary>
    private const int SoftK = 1;

    /// <summary>How fast lambda follows the load: log lambda moves by this, times the experts per token that are missing.</summary>
    private const double Gain = 0.02;

    private const int Experts = 8;
    private const int HiddenUnits = 64;

    private readonly MixtureOfExperts _mixture;

    [ComponentName(Name = "tokens")]
    private readonly Tensor _tokens;

    [ComponentName(Name = "rows")]
    private readonly Tensor _rows;

    [ComponentName(Name = "lambda")]
    private readonly Tensor _lambda;

    /// <summary>A mixture whose router is that of a method.</summary>
    private MixtureLayer(MixtureMethod method, double strength)
        : base(nameof(MixtureLayer))
    {
        nn.Module<Tensor, Tensor?, Routing> router = method.Kind == RouterKind.Hard
            ? new HardRouter(VisionTransformer.Width, Experts, ExpertsPerToken, method.Choice, strength)
            : new TopKRouter(VisionTransformer.Width, Experts, SoftK, strength, method.P, method.Choice);
        _mixture = new(router, [.. Enumerable.Range(0, Experts).Select(_ => VisionTransformer.FeedForward(HiddenUnits))]);
        (_tokens, _rows, _lambda) = (zeros(1, ScalarType.Float64), zeros(Experts, ScalarType.Float64), tensor([strength]));
        RegisterComponents();
    }

    /// <summary>A property without a field: the router is registered once, by the mixture.</summary>
    public nn.Module Router => _mixture.named_children().Single(child => child.name == "router").module;

    /// <summary>What the router decided in the last forward pass.</summary>
    public Routing? Last { get; private set; }

    /// <summary>The rows that experts computed in training for each token. They are counted in buffers: a checkpoint holds them.</summary>
    public double RowsPerTrainingToken => _rows.sum().item<double>() / _tokens.item<double>();

    /// <summary>The feed-forward layer of a method.</summary>
    public static nn.Module<Tensor, Tensor> Create(MixtureMethod method, double strength) => method.Kind == RouterKind.None
        ? VisionTransformer.FeedForward(ExpertsPerToken * HiddenUnits)
        : new MixtureLayer(method, strength);

    public override Tensor forward(Tensor input)
    {
        Last?.Dispose();
        if (Router is TopKRouter soft)
        {
            soft.lambda = _lambda.item<double>();
        }

        using var scope = NewDisposeScope();
        var output = _mixture.forward(input, null, out var routing);
        routing.Gates.DetachFromDisposeScope();
        routing.Scores!.DetachFromDisposeScope();
        Last = routing;
        if (training)
        {
            Count(routing.Gates);
        }

        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Counts the rows, and moves lambda towards that at which a token has as many experts as those of the hard routers: scores grow
    /// in training, and lambda with them.</summary>
    private void Count(Tensor gates)
    {
        using var constant = no_grad();
        var rows = gates.IsNonzero().sum(dim: 0).to(ScalarType.Float64);
        _tokens.Increase(gates.shape[0]);
        _rows.Increase(rows);
        _lambda.Scale(Math.Exp(Gain * (ExpertsPerToken - (rows.sum().item<double>() / gates.shape[0]))));
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Last?.Dispose();
        }

        base.Dispose(disposing);
    }
}
