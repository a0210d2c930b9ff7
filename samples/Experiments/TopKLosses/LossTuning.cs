namespace SparseTopK.Experiments.TopKLosses;

/// <summary>The settings that are tried for every loss, eight each, and those that were chosen.</summary>
internal static class LossTuning
{
    /// <summary>Of the training before, which all fine-tunings share.</summary>
    public static readonly LossTuned Pretraining = new(0.003, 0);

    private static readonly double[] Rates = [0.0003, 0.001];
    private static readonly double[] Lambdas = [4, 8, 16, 32];
    private static readonly double[] Smoothings = [0, 0.05, 0.1, 0.2];

    /// <summary>The grid of a loss.</summary>
    public static IEnumerable<LossTuned> Grid(LossKind loss) =>
        from rate in Rates
        from strength in loss == LossKind.CrossEntropy ? Smoothings : Lambdas
        select new LossTuned(rate, strength);

    /// <summary>The best of the grid on held-out images, by top-k accuracy; docs/experiments.md has the numbers.</summary>
    public static LossTuned Chosen(LossKind loss, int k) => (loss, k) switch
    {
        (LossKind.CrossEntropy, 1) => new(0.001, 0.2),
        (LossKind.CrossEntropy, 3) => new(0.001, 0),
        (LossKind.CrossEntropy, _) => new(0.0003, 0),
        (LossKind.TopK, 1) => new(0.001, 8),
        (LossKind.TopK, 3) => new(0.001, 4),
        (LossKind.TopK, _) => new(0.0003, 32),
        (_, 1) => new(0.001, 16),
        (_, 3) => new(0.0003, 8),
        _ => new(0.001, 8),
    };
}
