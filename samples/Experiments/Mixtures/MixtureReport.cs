using System.Globalization;
using SparseTopK.Experiments.Reporting;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>The tables of the experiment with mixtures of experts.</summary>
internal static class MixtureReport
{
    /// <summary>A row per method: what it gains over the hard router of the same choice, seed by seed, and what it costs.</summary>
    public static ResultTable Table(IReadOnlyList<MixtureOutcome> outcomes, IReadOnlyDictionary<string, double> times)
    {
        var recipe = outcomes[0].Recipe;
        return new(
            $"{recipe.Data}: test accuracy in %, mean ± deviation of {Of(outcomes, recipe.Method).Count} seeds, {recipe.Epochs} epochs",
            ["router", "accuracy", "soft − hard", "2 standard errors", "experts per token, training", "test", "tokens dropped, %", "busiest expert", "time per step, of that of the hard router of the same choice"],
            [.. MixtureMethod.All.Select(method => Row(outcomes, method, times[method.Name]))]);
    }

    /// <summary>What was tried on held-out images.</summary>
    public static ResultTable TuningTable(IReadOnlyList<MixtureOutcome> outcomes) => new(
        "Held-out accuracy in %, mean of the tuning seeds",
        ["router", .. Enumerable.Range(1, MixtureTuning.Grid(RouterKind.Soft).Count()).Select(i => $"setting {i}")],
        [.. outcomes.GroupBy(outcome => outcome.Recipe.Method).Select(method => (string[])
        [
            method.Key.Name,
            .. method.GroupBy(outcome => outcome.Recipe.Tuned).Select(runs => Invariant(
                $"{runs.Average(run => run.Numbers["accuracy"]):F2} (rate {runs.Key.LearningRate}, {runs.Key.Strength})")),
            .. Enumerable.Repeat("", MixtureTuning.Grid(RouterKind.Soft).Count() - MixtureTuning.Grid(method.Key.Kind).Count()),
        ])]);

    public static Summary Of(IEnumerable<MixtureOutcome> outcomes, MixtureMethod method, string number = "accuracy") =>
        Summary.Of(Numbers(outcomes, method, number));

    private static double[] Numbers(IEnumerable<MixtureOutcome> outcomes, MixtureMethod method, string number) =>
        [.. outcomes.Where(outcome => outcome.Recipe.Method == method).OrderBy(outcome => outcome.Recipe.Seed).Select(outcome => outcome.Numbers[number])];

    private static string[] Row(IReadOnlyList<MixtureOutcome> outcomes, MixtureMethod method, double time)
    {
        string Mean(string number, string format) => Of(outcomes, method, number).Mean.ToString(format, CultureInfo.InvariantCulture);

        var accuracy = Of(outcomes, method).ToString();
        if (method.Kind == RouterKind.None)
        {
            return [method.Name, accuracy, "", "", "", "", "", "", Invariant($"{time:F3}")];
        }

        var gain = Summary.OfDifferences(
            Numbers(outcomes, method, "accuracy"), Numbers(outcomes, method with { Kind = RouterKind.Hard, P = 0 }, "accuracy"));
        var soft = method.Kind == RouterKind.Soft;
        return
        [
            method.Name, accuracy, soft ? Summary.Signed(gain.Mean) : "", soft ? Summary.Number(2 * gain.StandardError) : "",
            Mean("rows in training", "F2"), Mean("rows", "F2"), Mean("dropped", "F1"), Mean("busiest", "F2"), Invariant($"{time:F3}"),
        ];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
