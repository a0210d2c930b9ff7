using SparseTopK.Experiments.Reporting;
using SparseTopK.Experiments.Running;
using Spectre.Console;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>Top-1, top-3 and top-5 accuracy after fine-tuning with top-k losses and with cross-entropy.</summary>
internal sealed class LossExperiment(Settings settings)
{
    /// <summary>What is compared. Cross-entropy has no k: it has settings for each accuracy that it is measured by.</summary>
    public static readonly IReadOnlyList<(LossKind Loss, int K)> Methods =
    [
        .. from loss in Enum.GetValues<LossKind>()
           from k in LossTraining.Ks
           select (loss, k),
    ];

    private readonly Data.Images _images = settings.ChosenImages();

    private int Seeds => settings.Seeds ?? (settings.Tune ? 3 : settings.Quick ? 2 : 10);

    private int Epochs => settings.Epochs ?? (settings.Quick ? 2 : 5);

    private int PretrainingEpochs => 2 * Epochs;

    /// <summary>Trains what is not trained yet, and writes tables and a chart.</summary>
    public void Run(IAnsiConsole console, CancellationToken stop)
    {
        var folder = new RunFolder(Path.Combine(settings.Output, settings.Tune ? "loss-tuning-runs" : "loss-runs"));
        var campaign = new Campaign(_images.Test, folder, stop);
        var first = Enumerable.Range(settings.Tune ? Settings.TuningSeed : 0, Seeds).Select(PretrainingJob).ToList();
        var starts = ExperimentConsole.RunWithProgress(
            console, new Campaign(_images.Test, folder, stop) { KeepNetworks = true }, first, _ => "Before fine-tuning");
        var recipes = first.SelectMany(job => FineTunings(((LossRecipe)job.Recipe).Seed)).ToList();
        var jobs = recipes.ConvertAll(recipe => new Job(recipe, recipe.Name, recipe.Epochs, () => new LossTraining(
            recipe, _images.Train, folder.NetworkOf(first.Single(job => ((LossRecipe)job.Recipe).Seed == recipe.Seed)))));
        var results = ExperimentConsole.RunWithProgress(
            console, campaign, jobs, job => LossReport.NameOf(((LossRecipe)job.Recipe).Method));
        var outcomes = recipes.Zip(results, (recipe, result) => new LossOutcome(recipe, result.Numbers)).ToList();
        var table = settings.Tune ? LossReport.TuningTable(outcomes) : LossReport.Table(outcomes, [.. starts.Select(run => run.Numbers)]);
        console.Write(table.ForConsole());
        var files = new ResultFiles(settings.Output);
        files.Write(settings.Tune ? "loss-tuning" : "loss", [.. starts, .. results], [table]);
        if (!settings.Tune)
        {
            files.WriteText("loss.svg", LossChart.Draw(outcomes));
        }
    }

    private Job PretrainingJob(int seed)
    {
        var recipe = Recipe((LossKind.CrossEntropy, 1), seed, LossTuning.Pretraining) with { PretrainingEpochs = 0, Epochs = PretrainingEpochs };
        return new(recipe, recipe.Name, recipe.Epochs, () => new LossTraining(recipe, _images.Train, null));
    }

    private IEnumerable<LossRecipe> FineTunings(int seed) =>
        from method in Methods
        where !(settings.Tune && method is { Loss: LossKind.CrossEntropy, K: > 1 }) // These would be the same runs.
        from tuned in settings.Tune ? LossTuning.Grid(method.Loss) : [LossTuning.Chosen(method.Loss, method.K)]
        select Recipe(method, seed, tuned);

    private LossRecipe Recipe((LossKind Loss, int K) method, int seed, LossTuned tuned) =>
        new(_images.Name, _images.Train.Count, method.Loss, method.K, seed, PretrainingEpochs, Epochs, tuned);
}

/// <summary>One network, tested.</summary>
internal sealed record LossOutcome(LossRecipe Recipe, IReadOnlyDictionary<string, double> Accuracies);
