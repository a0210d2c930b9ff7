using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>What a router decided for a batch of tokens: the gates, and what losses and statistics need.</summary>
/// <remarks>It owns its tensors: dispose of it, or of the dispose scope they were made in.</remarks>
public sealed class Routing : IDisposable
{
    /// <summary>A decision.</summary>
    /// <param name="gates">The gates: (tokens, experts). An expert sees the tokens whose gate is not 0.</param>
    /// <param name="scores">The scores of the experts (logits), of the same shape; null where the router has none: then there is no loss on them.</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens); null where none is.</param>
    /// <exception cref="ArgumentNullException">gates is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public Routing(Tensor gates, Tensor? scores = null, Tensor? padding = null)
    {
        RoutingArguments.CheckMatrix(gates, nameof(gates));
        RoutingArguments.CheckSame(gates, scores, nameof(scores));
        RoutingArguments.CheckPadding(padding, gates, gates.shape[0]);
        (Gates, Scores, Padding) = (gates, scores, padding);
    }

    /// <summary>The gates: (tokens, experts), exactly 0 where an expert does not see a token.</summary>
    public Tensor Gates { get; }

    /// <summary>The scores before noise and padding: (tokens, experts), or null.</summary>
    public Tensor? Scores { get; }

    /// <summary>Which tokens are padding: (tokens), or null where none is.</summary>
    public Tensor? Padding { get; }

    /// <summary><see cref="Losses.load_balancing_loss"/> of this batch: about 1 where the load is balanced.</summary>
    /// <exception cref="InvalidOperationException">The router gave no scores.</exception>
    public Tensor load_balancing_loss() => Losses.load_balancing_loss(Gates, NeedScores(), Padding);

    /// <summary><see cref="Losses.importance_loss"/> of this batch.</summary>
    public Tensor importance_loss() => Losses.importance_loss(Gates, Padding);

    /// <summary><see cref="Losses.router_z_loss"/> of this batch.</summary>
    /// <exception cref="InvalidOperationException">The router gave no scores.</exception>
    public Tensor router_z_loss() => Losses.router_z_loss(NeedScores(), Padding);

    /// <summary>Loads, dropped tokens, entropy: numbers to log. It waits for the device.</summary>
    public RouterStatistics statistics() => RouterStatistics.Of(Gates, Padding);

    /// <summary>Disposes of its tensors.</summary>
    public void Dispose()
    {
        Gates.Dispose();
        Scores?.Dispose();
        Padding?.Dispose();
    }

    private Tensor NeedScores() => Scores ?? throw new InvalidOperationException("The router gave gates without scores.");
}
