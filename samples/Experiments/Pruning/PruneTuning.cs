using SparseTopK.Experiments.Networks;

namespace SparseTopK.Experiments.Pruning;

/// <summary>The settings that are tried for every method, sixteen each, and those that were chosen.</summary>
internal static class PruneTuning
{
    /// <summary>Where settings are tried: what is best at the first is used up to it, what is best at the second above.</summary>
    public static readonly double[] Sparsities = [95, 99];

    public static readonly double[] Rates = [0.001, 0.002, 0.005, 0.01];
    private static readonly (double Share, double Start)[] Hard = [(0.1, 0), (0.25, 0), (0.5, 0), (0.75, 0)];
    private static readonly (double Share, double Start)[] Soft = [(0.1, 1), (0.25, 1), (0.1, 10), (0.25, 10)];

    /// <summary>The grid of a method. A dense network has the learning rate alone.</summary>
    public static IEnumerable<Tuned> Grid(PruneMethod method) =>
        from rate in Rates
        from schedule in method switch { PruneMethod.Dense => Hard[..1], PruneMethod.SoftTopK => Soft, _ => Hard }
        select new Tuned(rate, schedule.Share, schedule.Start);

    /// <summary>The best of the grid on held-out images; docs/experiments.md has the numbers.</summary>
    public static Tuned Chosen(NetworkKind network, PruneMethod method, double sparsity) => (network, method, sparsity <= Sparsities[0]) switch
    {
        (NetworkKind.Mlp, PruneMethod.Dense, _) => new(0.001, 0.1),
        (NetworkKind.Cnn, PruneMethod.Dense, _) => new(0.002, 0.1),

        (NetworkKind.Mlp, PruneMethod.FineTuned, true) => new(0.005, 0.1),
        (NetworkKind.Mlp, PruneMethod.FineTuned, _) => new(0.002, 0.1),
        (NetworkKind.Cnn, PruneMethod.FineTuned, true) => new(0.005, 0.5),
        (NetworkKind.Cnn, PruneMethod.FineTuned, _) => new(0.01, 0.1),

        (_, PruneMethod.Gradual, true) => new(0.005, 0.75),
        (NetworkKind.Mlp, PruneMethod.Gradual, _) => new(0.005, 0.5),
        (NetworkKind.Cnn, PruneMethod.Gradual, _) => new(0.005, 0.1),

        (NetworkKind.Mlp, PruneMethod.StraightThrough, true) => new(0.005, 0.1),
        (NetworkKind.Mlp, PruneMethod.StraightThrough, _) => new(0.005, 0.5),
        (NetworkKind.Cnn, PruneMethod.StraightThrough, true) => new(0.005, 0.25),
        (NetworkKind.Cnn, PruneMethod.StraightThrough, _) => new(0.002, 0.25),

        (NetworkKind.Mlp, PruneMethod.SoftTopK, true) => new(0.005, 0.25, Start: 10),
        (NetworkKind.Mlp, PruneMethod.SoftTopK, _) => new(0.005, 0.25, Start: 1),
        (NetworkKind.Cnn, PruneMethod.SoftTopK, true) => new(0.01, 0.1, Start: 1),
        (NetworkKind.Cnn, PruneMethod.SoftTopK, _) => new(0.01, 0.25, Start: 1),

        _ => throw new ArgumentOutOfRangeException(nameof(method), method, null),
    };
}
