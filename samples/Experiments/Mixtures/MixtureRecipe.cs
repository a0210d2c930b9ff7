using System.Text.Json.Serialization;
using SparseTopK.Torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>How tokens and experts are brought together.</summary>
internal enum RouterKind
{
    /// <summary>No experts: one feed-forward layer for all tokens, as wide as the experts of a token together.</summary>
    None,

    /// <summary>Hard top-k, softmax gates.</summary>
    Hard,

    /// <summary>The library's soft top-k, with lambda where the experts compute as many rows as with the hard one.</summary>
    Soft,
}

/// <summary>What is compared.</summary>
/// <param name="Kind">Which router.</param>
/// <param name="Choice">Who chooses.</param>
/// <param name="P">The exponent of the soft mask; 0 for the others.</param>
internal sealed record MixtureMethod(RouterKind Kind, RoutingChoice Choice, double P)
{
    public static readonly MixtureMethod Dense = new(RouterKind.None, RoutingChoice.Token, 0);

    public static readonly IReadOnlyList<MixtureMethod> All =
    [
        Dense,
        .. from choice in Enum.GetValues<RoutingChoice>()
           from p in new[] { 0, 2, 4.0 / 3 }
           select new MixtureMethod(p == 0 ? RouterKind.Hard : RouterKind.Soft, choice, p),
    ];

    [JsonIgnore]
    public string Name => Kind switch
    {
        RouterKind.None => "No experts",
        RouterKind.Hard => $"{Choice} choice, hard",
        _ => $"{Choice} choice, soft, p = {(P == 2 ? "2" : "4/3")}",
    };
}

/// <summary>The two numbers that are chosen for each method.</summary>
/// <param name="LearningRate">Adam's, at the start.</param>
/// <param name="Strength">Soft: lambda at the start. Hard: the standard deviation of the noise on the scores in training. No experts: not used.</param>
internal sealed record MixtureTuned(double LearningRate, double Strength);

/// <summary>All that a run depends on.</summary>
/// <param name="Data">The name of the images.</param>
/// <param name="Images">How many the network is trained on.</param>
/// <param name="Method">The router.</param>
/// <param name="Seed">Of the weights, the noise and the order of the images.</param>
/// <param name="Epochs">As many for every method.</param>
/// <param name="Tuned">What was chosen for the method.</param>
internal sealed record MixtureRecipe(string Data, long Images, MixtureMethod Method, int Seed, int Epochs, MixtureTuned Tuned)
{
    /// <summary>Of the rest of the program, constants and networks: to be raised when they change, so that no older run is taken for this one.</summary>
    public int Version { get; init; } = 1;

    [JsonIgnore]
    public string Name => FormattableString.Invariant(
        $"{Method.Kind}-{Method.Choice}-{Method.P:F2}-{Tuned.LearningRate}-{Tuned.Strength}-seed{Seed}").ToLowerInvariant();
}
