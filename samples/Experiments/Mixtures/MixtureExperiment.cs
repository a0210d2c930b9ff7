using SparseTopK.Experiments.Reporting;
using SparseTopK.Experiments.Running;
using Spectre.Console;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>Soft and hard routers of mixtures of experts: accuracy, load, dropped tokens, time per step.</summary>
internal sealed class MixtureExperiment(Settings settings)
{
    private readonly Data.Images _images = settings.ChosenImages();

    private int Seeds => settings.Seeds ?? (settings.Tune ? 3 : settings.Quick ? 2 : 20);

    private int Epochs => settings.Epochs ?? (settings.Quick ? 2 : 10);

    /// <summary>Of the training in which steps are timed.</summary>
    private int TimedEpochs => settings.Quick ? 1 : 3;

    /// <summary>Trains what is not trained yet, and writes tables and a chart.</summary>
    public void Run(IAnsiConsole console, CancellationToken stop)
    {
        var folder = new RunFolder(Path.Combine(settings.Output, settings.Tune ? "moe-tuning-runs" : "moe-runs"));
        var recipes = Recipes();
        var jobs = recipes.ConvertAll(recipe => new Job(recipe, recipe.Name, recipe.Epochs, () => new MixtureTraining(recipe, _images.Train)));
        var results = ExperimentConsole.RunWithProgress(
            console, new Campaign(_images.Test, folder, stop), jobs, job => ((MixtureRecipe)job.Recipe).Method.Name);
        var outcomes = recipes.Zip(results, (recipe, result) => new MixtureOutcome(recipe, result.Numbers)).ToList();
        var files = new ResultFiles(settings.Output);
        if (settings.Tune)
        {
            var tuning = MixtureReport.TuningTable(outcomes);
            console.Write(tuning.ForConsole());
            files.Write("moe-tuning", results, [tuning]);
            return;
        }

        var timing = Timing(console, folder, stop);
        var table = MixtureReport.Table(outcomes, timing.Numbers);
        console.Write(table.ForConsole());
        files.Write("moe", [.. results, timing], [table]);
        files.WriteText("moe.svg", MixtureChart.Draw(_images.Name, outcomes));
    }

    private List<MixtureRecipe> Recipes() =>
    [
        .. from seed in Enumerable.Range(settings.Tune ? Settings.TuningSeed : 0, Seeds)
           from method in MixtureMethod.All
           from tuned in settings.Tune ? MixtureTuning.Grid(method.Kind) : [MixtureTuning.Chosen(method)]
           select new MixtureRecipe(_images.Name, _images.Train.Count, method, seed, Epochs, tuned),
    ];

    /// <summary>The time of a step as a multiple of that of the hard router of the same choice, by the name of the method. It is measured once.</summary>
    private RunResult Timing(IAnsiConsole console, RunFolder folder, CancellationToken stop)
    {
        var methods = MixtureMethod.All;
        List<MixtureRecipe> recipes = [.. methods.Select(method => new MixtureRecipe(
            _images.Name, _images.Train.Count, method, Settings.TuningSeed, TimedEpochs, MixtureTuning.Chosen(method)))];
        var job = new Job(new { Timed = recipes }, "timing", TimedEpochs, () => throw new NotSupportedException());
        if (folder.Result(job) is { } known)
        {
            return known;
        }

        List<Training> trainings = [.. recipes.Select(recipe => new MixtureTraining(recipe, _images.Train))];
        try
        {
            var times = ExperimentConsole.WithBar(
                console, "Time per step", trainings[0].TotalSteps, tick => StepClock.Measure(trainings, _images.Train, tick, stop));
            var hard = methods.Select(method => methods.Index().First(
                other => other.Item.Kind == RouterKind.Hard && other.Item.Choice == method.Choice).Index);
            var ratios = hard.Select((index, i) => StepClock.Ratio(times[i], times[index]));
            var result = new RunResult(job.RecipeText, methods.Zip(ratios).ToDictionary(pair => pair.First.Name, pair => pair.Second));
            folder.Finish(job, result);
            return result;
        }
        finally
        {
            trainings.ForEach(training => training.Dispose());
        }
    }
}

/// <summary>One network, tested.</summary>
internal sealed record MixtureOutcome(MixtureRecipe Recipe, IReadOnlyDictionary<string, double> Numbers);
