using SparseTopK.Experiments.Networks;

namespace SparseTopK.Experiments.Pruning;

/// <summary>The settings that are tried for every method, nine each, and those that were chosen.</summary>
internal static class PruneTuning
{
    /// <summary>Where settings are tried: a setting counts by the mean.</summary>
    public static readonly double[] Sparsities = [95, 99];

    private static readonly double[] Rates = [0.002, 0.005, 0.01];
    private static readonly double[] HardShares = [0.25, 0.5, 0.75];
    private static readonly double[] SoftShares = [0.5, 0.75, 0.9];

    /// <summary>The grid of a method. A dense network has the learning rate alone.</summary>
    public static IEnumerable<Tuned> Grid(PruneMethod method) =>
        from rate in Rates
        from share in method switch { PruneMethod.Dense => [0.5], PruneMethod.SoftTopK => SoftShares, _ => HardShares }
        select new Tuned(rate, share);

    /// <summary>The best of the grid on held-out images; docs/experiments.md has the numbers.</summary>
    public static Tuned Chosen(NetworkKind network, PruneMethod method) => (network, method) switch
    {
        (NetworkKind.Mlp, PruneMethod.Dense) => new(0.003, 0.25),
        (NetworkKind.Mlp, PruneMethod.FineTuned) => new(0.003, 0.25),
        (NetworkKind.Mlp, PruneMethod.Gradual) => new(0.01, 0.5),
        (NetworkKind.Cnn, PruneMethod.FineTuned) => new(0.01, 0.5),
        (_, PruneMethod.SoftTopK) => new(0.01, 0.75),
        _ => new(0.01, 0.25),
    };
}
