namespace SparseTopK.Experiments.Mixtures;

/// <summary>The settings that are tried for every method, four each, and those that were chosen.</summary>
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
    public static MixtureTuned Chosen(MixtureMethod method) => new(0.006, method.Kind == RouterKind.Soft ? 3 : 0);
}
