using System.Globalization;
using SparseTopK.Experiments.Reporting;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>The tables of the loss experiment.</summary>
internal static class LossReport
{
    private static readonly string[] Headers = ["fine-tuned with", .. LossTraining.Ks.Select(k => $"top-{k}")];

    public static string NameOf((LossKind Loss, int K) method) => method.Loss switch
    {
        LossKind.TopK => $"Top-k loss, k = {method.K}",
        LossKind.FenchelYoung => $"Fenchel-Young, k = {method.K}",
        _ => "Cross-entropy",
    };

    public static ResultTable Table(IReadOnlyList<LossOutcome> outcomes, IReadOnlyList<IReadOnlyDictionary<string, double>> starts)
    {
        var recipe = outcomes[0].Recipe;
        var rows = outcomes.GroupBy(outcome => outcome.Recipe.Method)
            .Select(method => Row(NameOf(method.Key), [.. method.Select(outcome => outcome.Accuracies)]));
        return new(
            $"{recipe.Data}: test accuracy in %, mean ± deviation of {starts.Count} seeds, {recipe.PretrainingEpochs} + {recipe.Epochs} epochs",
            Headers,
            [Row("(before fine-tuning)", starts), .. rows]);
    }

    /// <summary>What was tried on held-out images.</summary>
    public static ResultTable TuningTable(IReadOnlyList<LossOutcome> outcomes) => new(
        "Held-out accuracy in %: top-k of a top-k loss, the mean of top-1, top-3 and top-5 of cross-entropy",
        ["loss", .. Enumerable.Range(1, LossTuning.Grid(LossKind.TopK).Count()).Select(i => $"setting {i}")],
        [.. outcomes.GroupBy(outcome => outcome.Recipe.Method).Select(method => (string[])
            [NameOf(method.Key), .. method.Select(outcome => TuningCell(outcome))])]);

    public static Summary Of(IEnumerable<LossOutcome> outcomes, int k) => Summary.Of(outcomes.Select(outcome => outcome.Accuracies[$"top{k}"]));

    /// <summary>What a method gains over cross-entropy, seed by seed, which start from the same network.</summary>
    public static Summary Gain(IReadOnlyList<LossOutcome> outcomes, (LossKind Loss, int K) method, int k) => Summary.OfDifferences(
        Accuracies(outcomes.Where(outcome => outcome.Recipe.Method == method), k),
        Accuracies(outcomes.Where(outcome => outcome.Recipe.Loss == LossKind.CrossEntropy), k));

    private static double[] Accuracies(IEnumerable<LossOutcome> outcomes, int k) =>
        [.. outcomes.OrderBy(outcome => outcome.Recipe.Seed).Select(outcome => outcome.Accuracies[$"top{k}"])];

    private static string TuningCell(LossOutcome outcome)
    {
        var (tuned, accuracies) = (outcome.Recipe.Tuned, outcome.Accuracies);
        var score = outcome.Recipe.Loss == LossKind.CrossEntropy ? accuracies.Values.Average() : accuracies[$"top{outcome.Recipe.K}"];
        return string.Create(CultureInfo.InvariantCulture, $"{score:F2} (rate {tuned.LearningRate}, {tuned.Strength})");
    }

    private static string[] Row(string name, IReadOnlyList<IReadOnlyDictionary<string, double>> runs) =>
        [name, .. LossTraining.Ks.Select(k => Summary.Of(runs.Select(run => run[$"top{k}"])).ToString())];
}
