using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>How a router spread a batch over its experts. Padding does not count.</summary>
/// <param name="Tokens">The tokens that are not padding.</param>
/// <param name="Load">Per expert: how many tokens reach it, that is, how many rows it computes.</param>
/// <param name="Importance">Per expert: the sum of its gates.</param>
/// <param name="DroppedFraction">The fraction of tokens that reach no expert.</param>
/// <param name="ExpertsPerToken">The mean number of experts that a token reaches.</param>
/// <param name="Entropy">The mean entropy, in nats, of a token's gates divided by their sum, over the tokens that reach an expert: 0 for one
/// expert, log E for all E alike.</param>
public sealed record RouterStatistics(
    long Tokens, IReadOnlyList<long> Load, IReadOnlyList<double> Importance, double DroppedFraction, double ExpertsPerToken, double Entropy)
{
    /// <summary>Per expert: how many tokens reach it.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<long> Load { get; init => field = value ?? throw new ArgumentNullException(nameof(Load)); } =
        Load ?? throw new ArgumentNullException(nameof(Load));

    /// <summary>Per expert: the sum of its gates.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyList<double> Importance { get; init => field = value ?? throw new ArgumentNullException(nameof(Importance)); } =
        Importance ?? throw new ArgumentNullException(nameof(Importance));

    /// <summary>The statistics of gates.</summary>
    /// <param name="gates">The gates: (tokens, experts).</param>
    /// <param name="padding">Which tokens are padding, Bool: (tokens), or null.</param>
    /// <remarks>Fractions and means over no token are 0. Cost: O(tokens * experts), and it waits for the device.</remarks>
    /// <exception cref="ArgumentNullException">gates is null.</exception>
    /// <exception cref="ArgumentException">A shape or a type does not fit. The exception names the argument.</exception>
    public static RouterStatistics Of(Tensor gates, Tensor? padding = null)
    {
        RoutingArguments.CheckMatrix(gates, nameof(gates));
        RoutingArguments.CheckPadding(padding, gates, gates.shape[0]);
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var g = gates.detach().to(ScalarType.Float64).cpu();
        if (padding is not null)
        {
            g = g.index_select(0, padding.cpu().logical_not().nonzero().reshape(-1));
        }

        var (tokens, reached, sums) = (g.shape[0], g.IsAt(0).logical_not(), g.sum(1, keepdim: true));
        var chosen = reached.any(1);
        var alive = chosen.sum().item<long>();
        var shares = (g / sums).Fill(sums.IsAt(0), 0);
        var load = Entries<long>(reached.sum(dim: 0));
        return new(
            tokens,
            load,
            Entries<double>(g.sum(dim: 0)),
            tokens == 0 ? 0 : 1 - ((double)alive / tokens),
            tokens == 0 ? 0 : (double)load.Sum() / tokens,
            alive == 0 ? 0 : -shares.xlogy(shares).sum().item<double>() / alive);
    }

    private static T[] Entries<T>(Tensor x)
        where T : unmanaged => x.contiguous().data<T>().ToArray();
}
