using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Reporting;
using SparseTopK.Experiments.Running;
using Spectre.Console;

namespace SparseTopK.Experiments.Pruning;

/// <summary>Accuracy against sparsity, of every method and network.</summary>
internal sealed class PruneExperiment(Settings settings)
{
    private static readonly double[] Sparsities = [80, 90, 95, 98, 99, 99.5];
    private static readonly double[] QuickSparsities = [95, 99];

    private readonly Data.Images _images = settings.ChosenImages();

    private int Seeds => settings.Seeds ?? (settings.Tune ? 1 : settings.Quick ? 2 : 10);

    private int Epochs => settings.Epochs ?? (settings.Quick ? 2 : 16);

    /// <summary>Trains what is not trained yet, and writes tables and charts.</summary>
    public void Run(IAnsiConsole console, CancellationToken stop)
    {
        var recipes = settings.Tune ? TuningRecipes() : Recipes();
        var files = new ResultFiles(settings.Output);
        var campaign = new Campaign(_images.Test, new(Path.Combine(settings.Output, settings.Tune ? "prune-tuning-runs" : "prune-runs")), stop);
        var jobs = recipes.ConvertAll(recipe => new Job(recipe, recipe.Name, recipe.Epochs, () => new PruneTraining(recipe, _images.Train)));
        var results = ExperimentConsole.RunWithProgress(console, campaign, jobs, job => GroupOf((PruneRecipe)job.Recipe));
        var outcomes = recipes.Zip(results, (recipe, result) => new PruneOutcome(recipe, result.Numbers["accuracy"])).ToList();
        var tables = settings.Tune ? PruneReport.TuningTables(outcomes) : PruneReport.Tables(outcomes);
        tables.ForEach(table => console.Write(table.ForConsole()));
        files.Write(settings.Tune ? "prune-tuning" : "prune", results, tables);
        if (!settings.Tune)
        {
            foreach (var network in outcomes.GroupBy(outcome => outcome.Recipe.Network))
            {
                files.WriteText($"prune-{network.Key}.svg".ToLowerInvariant(), PruneChart.Draw(_images.Name, [.. network]));
            }
        }
    }

    /// <summary>The runs of the comparison, seed by seed.</summary>
    private List<PruneRecipe> Recipes() =>
    [
        .. from seed in Enumerable.Range(0, Seeds)
           from network in Enum.GetValues<NetworkKind>()
           from method in Enum.GetValues<PruneMethod>()
           from sparsity in method == PruneMethod.Dense ? [0] : settings.Quick ? QuickSparsities : Sparsities
           select Recipe(network, method, sparsity, seed, PruneTuning.Chosen(network, method, sparsity)),
    ];

    private List<PruneRecipe> TuningRecipes() =>
    [
        .. from network in Enum.GetValues<NetworkKind>()
           from method in Enum.GetValues<PruneMethod>()
           from tuned in PruneTuning.Grid(method)
           from sparsity in method == PruneMethod.Dense ? [0] : PruneTuning.Sparsities
           from seed in Enumerable.Range(Settings.TuningSeed, Seeds)
           select Recipe(network, method, sparsity, seed, tuned),
    ];

    private PruneRecipe Recipe(NetworkKind network, PruneMethod method, double sparsity, int seed, Tuned tuned) =>
        new(_images.Name, _images.Train.Count, network, method, sparsity, seed, Epochs, tuned);

    private static string GroupOf(PruneRecipe recipe) => $"{recipe.Network} {PruneReport.NameOf(recipe.Method)}";
}

/// <summary>One network, tested.</summary>
internal sealed record PruneOutcome(PruneRecipe Recipe, double Accuracy);
