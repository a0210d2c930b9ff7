using System.Globalization;
using SparseTopK.Experiments.Reporting;

namespace SparseTopK.Experiments.Pruning;

/// <summary>The tables of the pruning experiment.</summary>
internal static class PruneReport
{
    public static readonly PruneMethod[] Methods =
        [PruneMethod.FineTuned, PruneMethod.Gradual, PruneMethod.StraightThrough, PruneMethod.SoftTopK];

    public static string NameOf(PruneMethod method) => method switch
    {
        PruneMethod.FineTuned => "Pruned, fine-tuned",
        PruneMethod.Gradual => "Gradual",
        PruneMethod.StraightThrough => "Straight-through",
        PruneMethod.SoftTopK => "Soft top-k",
        _ => "Dense",
    };

    /// <summary>A table per network, a row per sparsity.</summary>
    public static List<ResultTable> Tables(IReadOnlyList<PruneOutcome> outcomes) =>
        [.. outcomes.GroupBy(outcome => outcome.Recipe.Network).Select(network => TableOf([.. network]))];

    /// <summary>What was tried on held-out images.</summary>
    public static List<ResultTable> TuningTables(IReadOnlyList<PruneOutcome> outcomes) =>
        [.. outcomes.GroupBy(outcome => outcome.Recipe.Network).Select(network => new ResultTable(
            $"{network.Key}: held-out accuracy in % at {string.Join(" / ", PruneTuning.Sparsities)} % zeros, by learning rate",
            ["method", "share of training", "start of lambda", .. PruneTuning.Rates.Select(rate => Invariant($"{rate}"))],
            [.. network.GroupBy(outcome => (outcome.Recipe.Method, outcome.Recipe.Tuned.Share, outcome.Recipe.Tuned.Start)).Select(row => (string[])
            [
                NameOf(row.Key.Method), Invariant($"{row.Key.Share}"), Invariant($"{row.Key.Start}"),
                .. row.GroupBy(outcome => outcome.Recipe.Tuned.LearningRate)
                    .Select(runs => string.Join(" / ", runs
                        .GroupBy(run => run.Recipe.Sparsity).OrderBy(seeds => seeds.Key)
                        .Select(seeds => Summary.Number(seeds.Average(run => run.Accuracy), "F1")))),
            ])]))];

    public static Summary Of(IEnumerable<PruneOutcome> outcomes, PruneMethod method, double sparsity) =>
        Summary.Of(Accuracies(outcomes, method, sparsity));

    /// <summary>Seed by seed.</summary>
    private static double[] Accuracies(IEnumerable<PruneOutcome> outcomes, PruneMethod method, double sparsity) =>
    [
        .. outcomes.Where(outcome => outcome.Recipe.Method == method && outcome.Recipe.Sparsity == sparsity)
            .OrderBy(outcome => outcome.Recipe.Seed).Select(outcome => outcome.Accuracy),
    ];

    private static ResultTable TableOf(IReadOnlyList<PruneOutcome> outcomes)
    {
        var dense = Of(outcomes, PruneMethod.Dense, 0);
        var recipe = outcomes[0].Recipe;
        return new(
            $"{recipe.Network}, {recipe.Data}: test accuracy in %, mean ± deviation of {dense.Count} seeds, {recipe.Epochs} epochs; dense {dense}",
            ["sparsity", .. Methods.Select(NameOf), "soft − best hard", "2 standard errors"],
            [.. Sparsities(outcomes).Select(sparsity => Row(outcomes, sparsity))]);
    }

    public static double[] Sparsities(IEnumerable<PruneOutcome> outcomes) =>
        [.. outcomes.Select(outcome => outcome.Recipe.Sparsity).Where(sparsity => sparsity > 0).Distinct().Order()];

    private static string[] Row(IReadOnlyList<PruneOutcome> outcomes, double sparsity)
    {
        var summaries = Array.ConvertAll(Methods, method => Of(outcomes, method, sparsity));
        var best = Methods[..^1].Zip(summaries).MaxBy(pair => pair.Second.Mean).First;
        var gain = Summary.OfDifferences(Accuracies(outcomes, PruneMethod.SoftTopK, sparsity), Accuracies(outcomes, best, sparsity));
        return
        [
            Invariant($"{sparsity} %"), .. summaries.Select(summary => summary.ToString()),
            Summary.Signed(gain.Mean), Summary.Number(2 * gain.StandardError),
        ];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
