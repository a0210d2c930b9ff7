using System.Text.Json.Serialization;
using SparseTopK.Experiments.Networks;

namespace SparseTopK.Experiments.Pruning;

/// <summary>The ways to a sparse network.</summary>
internal enum PruneMethod
{
    /// <summary>No weight is 0.</summary>
    Dense,

    /// <summary>Dense training; the largest weights are kept at once; the rest of the epochs trains those.</summary>
    FineTuned,

    /// <summary>The smallest weights go for good along the cubic schedule of Zhu and Gupta (2017).</summary>
    Gradual,

    /// <summary>Hard top-k on every step, its gradient passed to all weights.</summary>
    StraightThrough,

    /// <summary>Soft top-k in magnitude on every step, the sparsity rising and lambda falling.</summary>
    SoftTopK,
}

/// <summary>All that a run depends on.</summary>
/// <param name="Data">The name of the images.</param>
/// <param name="Images">How many the network is trained on.</param>
/// <param name="Network">Which network.</param>
/// <param name="Method">How it is pruned.</param>
/// <param name="Sparsity">The share of the weights that are 0, all layers together, in percent.</param>
/// <param name="Seed">Of the weights and the order of the images.</param>
/// <param name="Epochs">As many for every method.</param>
/// <param name="Tuned">What was chosen for the method.</param>
internal sealed record PruneRecipe(
    string Data, long Images, NetworkKind Network, PruneMethod Method, double Sparsity, int Seed, int Epochs, Tuned Tuned)
{
    /// <summary>Of the rest of the program, constants and networks: to be raised when they change, so that no older run is taken for this one.</summary>
    public int Version { get; init; } = 1;

    [JsonIgnore]
    public string Name => FormattableString.Invariant($"{Network}-{Method}-{Sparsity}-{Tuned.LearningRate}-{Tuned.Share}-{Tuned.Start}-seed{Seed}").ToLowerInvariant();
}

/// <summary>The numbers that are chosen for each method.</summary>
/// <param name="LearningRate">Adam's, at the start.</param>
/// <param name="Share">A share of training. Fine-tuned: that of the dense part. Gradual, straight-through and soft: that in which the sparsity
/// rises. Dense: not used.</param>
/// <param name="Start">Soft: lambda at the start, times the share of weights that are kept. The others: 0.</param>
internal sealed record Tuned(double LearningRate, double Share, double Start = 0);
