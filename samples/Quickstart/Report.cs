using System.Globalization;
using SparseTopK.Quickstart.Datasets;
using Spectre.Console;

namespace SparseTopK.Quickstart;

/// <summary>What the console shows: bars while the networks train, then a table.</summary>
internal static class Report
{
    /// <summary>Runs the experiment with a bar for each method that trains.</summary>
    public static IReadOnlyList<Outcome> RunWithProgress(IAnsiConsole console, Experiment experiment, Settings settings) =>
        console.Progress().Start(progress =>
        {
            var tasks = new Dictionary<Method, ProgressTask>
            {
                [Method.Dense] = progress.AddTask("Dense"),
                [Method.StraightThrough] = progress.AddTask("Straight-through top-k"),
                [Method.SoftTopK] = progress.AddTask("Soft top-k (SparseTopK)"),
            };
            foreach (var (method, task) in tasks)
            {
                task.MaxValue = (double)experiment.Trainings(method) * settings.Epochs;
            }

            return experiment.Run(method => tasks[method].Increment(1));
        });

    public static void Write(IAnsiConsole console, Dataset dataset, Settings settings, IReadOnlyList<Outcome> outcomes)
    {
        var table = new Table().Title(string.Create(
            CultureInfo.InvariantCulture,
            $"Accuracy in % on {dataset.Test.Count:N0} test images: mean ± deviation, {settings.Seeds} seed(s), {settings.Epochs} epochs"));
        string[] headers = ["Sparsity", "Weights\nnot 0", "Pruned\nafter training", "Straight-\nthrough top-k", "Soft top-k\n(SparseTopK)"];
        table.AddColumns([.. headers.Select(header => new TableColumn(header).RightAligned())]);
        Method[] methods = [Method.PrunedAfterTraining, Method.StraightThrough, Method.SoftTopK];
        foreach (var row in outcomes.Where(outcome => outcome.Method != Method.Dense).GroupBy(outcome => outcome.Sparsity))
        {
            var accuracies = methods.Select(method => Summary.Of(row.Where(outcome => outcome.Method == method)).ToString());
            table.AddRow([$"{row.Key} %", NonZero(row), .. accuracies]);
        }

        console.Write(table);
        console.WriteLine($"Dense network: {Summary.Of(outcomes.Where(outcome => outcome.Method == Method.Dense))}, all {outcomes[0].Weights:N0} weights");
    }

    /// <summary>Counted in the networks that were tested: the largest count of all of them.</summary>
    private static string NonZero(IEnumerable<Outcome> outcomes)
    {
        var most = outcomes.MaxBy(outcome => outcome.NonZeroWeights)!;
        return string.Create(CultureInfo.InvariantCulture, $"{most.NonZeroWeights:N0} of {most.Weights:N0}");
    }
}
