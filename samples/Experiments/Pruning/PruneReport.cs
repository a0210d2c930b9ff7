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
            $"{network.Key}: held-out accuracy in % at {PruneTuning.Sparsity} % zeros, by learning rate and share of training",
            ["method", .. PruneTuning.Grid.Select(tuned => Invariant($"{tuned.LearningRate}, {tuned.Share}"))],
            [.. network.GroupBy(outcome => outcome.Recipe.Method).Select(method =>
                (string[])[NameOf(method.Key), .. method.Select(outcome => Invariant($"{outcome.Accuracy:F1}"))])]))];

    public static Summary Of(IEnumerable<PruneOutcome> outcomes, PruneMethod method, double sparsity) => Summary.Of(
        outcomes.Where(outcome => outcome.Recipe.Method == method && outcome.Recipe.Sparsity == sparsity).Select(outcome => outcome.Accuracy));

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
        var (soft, hard) = (summaries[^1], summaries[..^1].MaxBy(summary => summary.Mean));
        var error = Math.Sqrt((soft.StandardError * soft.StandardError) + (hard.StandardError * hard.StandardError));
        return
        [
            Invariant($"{sparsity} %"), .. summaries.Select(summary => summary.ToString()),
            Invariant($"{soft.Mean - hard.Mean:+0.00;-0.00}"), Invariant($"{2 * error:F2}"),
        ];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
