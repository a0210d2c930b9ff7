using SparseTopK.Torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>The settings that are tried for every method, four each (two without experts), and those that were chosen.</summary>
internal static class MixtureTuning
{
    private static readonly double[] Rates = [0.003, 0.006];
    private static readonly double[] Lambdas = [3, 10];
    private static readonly double[] Noises = [0, 0.2];

    /// <summary>The grid of a router. Without experts there is the learning rate alone.</summary>
    public static IEnumerable<MixtureTuned> Grid(RouterKind kind) =>
        from rate in Rates
        from strength in kind switch { RouterKind.Soft => Lambdas, RouterKind.Hard => Noises, _ => [0] }
        select new MixtureTuned(rate, strength);

    /// <summary>The best of the grid on held-out images; docs/experiments.md has the numbers.</summary>
    public static MixtureTuned Chosen(MixtureMethod method) => (method.Kind, method.Choice, method.P) switch
    {
        (RouterKind.None, _, _) => new(0.006, 0),
        (RouterKind.Hard, RoutingChoice.Token, _) => new(0.003, 0.2),
        (RouterKind.Hard, _, _) => new(0.006, 0.2),
        (_, RoutingChoice.Expert, < 2) => new(0.006, 10),
        _ => new(0.006, 3),
    };
}
