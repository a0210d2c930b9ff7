using System.Globalization;
using SparseTopK.Experiments.Reporting;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>The tables of the loss experiment.</summary>
internal static class LossReport
{
    private static readonly string[] Headers =
        ["fine-tuned with", .. LossTraining.Ks.Select(k => $"top-{k}"), .. LossTraining.Ks.Select(k => $"top-{k} − cross-entropy")];

    public static string NameOf((LossKind Loss, int K) method) => method.Loss switch
    {
        LossKind.TopK => $"Top-k loss, k = {method.K}",
        LossKind.FenchelYoung => $"Fenchel-Young, k = {method.K}",
        _ => $"Cross-entropy, for top-{method.K}",
    };

    public static ResultTable Table(IReadOnlyList<LossOutcome> outcomes, IReadOnlyList<IReadOnlyDictionary<string, double>> starts)
    {
        var recipe = outcomes[0].Recipe;
        var rows = outcomes.GroupBy(outcome => outcome.Recipe.Method)
            .Select(method => (string[])[.. Row(NameOf(method.Key), [.. method.Select(outcome => outcome.Accuracies)]), .. Gains(outcomes, method.Key)]);
        return new(
            $"{recipe.Data}: test accuracy in %, mean ± deviation of {starts.Count} seeds, {recipe.PretrainingEpochs} + {recipe.Epochs} "
                + "epochs; differences seed by seed, ± 2 standard errors",
            Headers,
            [[.. Row("(before fine-tuning)", starts), .. LossTraining.Ks.Select(_ => "")], .. rows]);
    }

    /// <summary>What was tried on held-out images.</summary>
    public static ResultTable TuningTable(IReadOnlyList<LossOutcome> outcomes) => new(
        "Held-out top-k accuracy in % (learning rate, lambda or label smoothing)",
        ["loss", .. Enumerable.Range(1, LossTuning.Grid(LossKind.TopK).Count()).Select(i => $"setting {i}")],
        [.. LossExperiment.Methods.Select(method => (string[])
            [NameOf(method), .. RunsOf(outcomes, method).GroupBy(outcome => outcome.Recipe.Tuned).Select(runs => TuningCell(runs, method.K))])]);

    /// <summary>The runs with a loss: for cross-entropy, one set of runs for all k.</summary>
    public static IEnumerable<LossOutcome> RunsOf(IEnumerable<LossOutcome> outcomes, (LossKind Loss, int K) method) => outcomes.Where(
        outcome => outcome.Recipe.Loss == method.Loss && (method.Loss == LossKind.CrossEntropy || outcome.Recipe.K == method.K));

    public static Summary Of(IEnumerable<LossOutcome> outcomes, int k) => Summary.Of(outcomes.Select(outcome => outcome.Accuracies[$"top{k}"]));

    /// <summary>What a method gains over cross-entropy with settings for the same accuracy, seed by seed, which start from the same network.</summary>
    public static Summary Gain(IReadOnlyList<LossOutcome> outcomes, (LossKind Loss, int K) method, int k) => Summary.OfDifferences(
        Accuracies(outcomes.Where(outcome => outcome.Recipe.Method == method), k),
        Accuracies(outcomes.Where(outcome => outcome.Recipe.Method == (LossKind.CrossEntropy, k)), k));

    private static IEnumerable<string> Gains(IReadOnlyList<LossOutcome> outcomes, (LossKind Loss, int K) method) => LossTraining.Ks.Select(k =>
    {
        var gain = Gain(outcomes, method, k);
        return method.Loss == LossKind.CrossEntropy && method.K == k
            ? ""
            : $"{Summary.Signed(gain.Mean)} ± {Summary.Number(2 * gain.StandardError)}";
    });

    private static double[] Accuracies(IEnumerable<LossOutcome> outcomes, int k) =>
        [.. outcomes.OrderBy(outcome => outcome.Recipe.Seed).Select(outcome => outcome.Accuracies[$"top{k}"])];

    private static string TuningCell(IGrouping<LossTuned, LossOutcome> runs, int k) => string.Create(
        CultureInfo.InvariantCulture, $"{Of(runs, k).Mean:F2} ({runs.Key.LearningRate}, {runs.Key.Strength})");

    private static string[] Row(string name, IReadOnlyList<IReadOnlyDictionary<string, double>> runs) =>
        [name, .. LossTraining.Ks.Select(k => Summary.Of(runs.Select(run => run[$"top{k}"])).ToString())];
}
