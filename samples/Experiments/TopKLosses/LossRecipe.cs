using System.Text.Json.Serialization;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>What a network is trained with.</summary>
internal enum LossKind
{
    CrossEntropy,
    TopK,
    FenchelYoung,
}

/// <summary>The two numbers that are chosen for each loss.</summary>
/// <param name="LearningRate">Adam's, at the start.</param>
/// <param name="Strength">Lambda of a top-k loss; the label smoothing of cross-entropy.</param>
internal sealed record LossTuned(double LearningRate, double Strength);

/// <summary>All that a run depends on.</summary>
/// <param name="Data">The name of the images.</param>
/// <param name="Images">How many the network is trained on.</param>
/// <param name="Loss">The loss.</param>
/// <param name="K">Of a top-k loss; for cross-entropy that of the accuracy its settings are chosen by.</param>
/// <param name="Seed">Of the weights and the order of the images.</param>
/// <param name="PretrainingEpochs">With cross-entropy, before; 0 for that training itself.</param>
/// <param name="Epochs">Of this run.</param>
/// <param name="Tuned">What was chosen for the loss.</param>
internal sealed record LossRecipe(
    string Data, long Images, LossKind Loss, int K, int Seed, int PretrainingEpochs, int Epochs, LossTuned Tuned)
{
    /// <summary>Of the rest of the program, constants and networks: to be raised when they change, so that no older run is taken for this one.</summary>
    public int Version { get; init; } = 1;

    [JsonIgnore]
    public string Name => FormattableString.Invariant(
        $"{Loss}-{K}-after{PretrainingEpochs}-{Tuned.LearningRate}-{Tuned.Strength}-seed{Seed}").ToLowerInvariant();

    /// <summary>What distinguishes the methods that are compared.</summary>
    [JsonIgnore]
    public (LossKind Loss, int K) Method => (Loss, K);
}
