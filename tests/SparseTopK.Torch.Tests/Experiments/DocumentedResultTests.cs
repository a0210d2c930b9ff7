using System.Text.Json;
using SparseTopK.Experiments.Mixtures;
using SparseTopK.Experiments.Pruning;
using SparseTopK.Experiments.Reporting;
using SparseTopK.Experiments.Running;
using SparseTopK.Experiments.TopKLosses;
using SparseTopK.TestKit;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>docs/experiments.md has the tables and the charts of the runs that lie beside it, and no others.</summary>
public sealed class DocumentedResultTests
{
    private static readonly string Docs = RepositoryRoot.Path("docs");

    private static readonly string Page = File.ReadAllText(Path.Combine(Docs, "experiments.md")).ReplaceLineEndings("\n");

    [Fact]
    public void Pruning()
    {
        var outcomes = Runs("prune").ConvertAll(run => new PruneOutcome(Recipe<PruneRecipe>(run), run.Numbers["accuracy"]));
        Shows(PruneReport.Tables(outcomes));
        foreach (var network in outcomes.GroupBy(outcome => outcome.Recipe.Network))
        {
            IsChart($"prune-{network.Key}".ToLowerInvariant(), PruneChart.Draw(network.First().Recipe.Data, [.. network]));
        }

        var tuning = Runs("prune-tuning").ConvertAll(run => new PruneOutcome(Recipe<PruneRecipe>(run), run.Numbers["accuracy"]));
        Shows(PruneReport.TuningTables(tuning));
        Assert.All(tuning.GroupBy(run => (run.Recipe.Network, run.Recipe.Method, run.Recipe.Sparsity)), runs => IsBest(
            PruneTuning.Chosen(runs.Key.Network, runs.Key.Method, runs.Key.Sparsity), runs, run => run.Recipe.Tuned, run => run.Accuracy));
    }

    [Fact]
    public void Losses()
    {
        var runs = Runs("loss").ConvertAll(run => new LossOutcome(Recipe<LossRecipe>(run), run.Numbers));
        var starts = runs.FindAll(run => run.Recipe.PretrainingEpochs == 0);
        List<LossOutcome> outcomes = [.. runs.Except(starts)];
        Shows([LossReport.Table(outcomes, [.. starts.Select(run => run.Accuracies)])]);
        IsChart("loss", LossChart.Draw(outcomes));
        var tuning = Runs("loss-tuning").ConvertAll(run => new LossOutcome(Recipe<LossRecipe>(run), run.Numbers));
        tuning.RemoveAll(run => run.Recipe.PretrainingEpochs == 0);
        Shows([LossReport.TuningTable(tuning)]);
        Assert.All(LossExperiment.Methods, method => IsBest(
            LossTuning.Chosen(method.Loss, method.K), LossReport.RunsOf(tuning, method), run => run.Recipe.Tuned, run => run.Accuracies[$"top{method.K}"]));
    }

    [Fact]
    public void Mixtures()
    {
        var runs = Runs("moe");
        var outcomes = runs[..^1].ConvertAll(run => new MixtureOutcome(Recipe<MixtureRecipe>(run), run.Numbers));
        Shows([MixtureReport.Table(outcomes, runs[^1].Numbers)]);
        IsChart("moe", MixtureChart.Draw(outcomes[0].Recipe.Data, outcomes));
        var tuning = Runs("moe-tuning").ConvertAll(run => new MixtureOutcome(Recipe<MixtureRecipe>(run), run.Numbers));
        Shows([MixtureReport.TuningTable(tuning)]);
        Assert.All(tuning.GroupBy(run => run.Recipe.Method), runs => IsBest(
            MixtureTuning.Chosen(runs.Key), runs, run => run.Recipe.Tuned, run => run.Numbers["accuracy"]));
    }

    private static List<RunResult> Runs(string name) => ResultFiles.Read(Path.Combine(Docs, "experiments", name + ".json"));

    private static T Recipe<T>(RunResult run) => JsonSerializer.Deserialize<T>(run.Recipe, Job.JsonOptions)!;

    private static void Shows(IEnumerable<ResultTable> tables) => Assert.All(tables, table => Assert.Contains(table.ToMarkdown(), Page));

    /// <summary>No other setting that was tried has a better mean.</summary>
    private static void IsBest<TRun, TSetting>(TSetting chosen, IEnumerable<TRun> runs, Func<TRun, TSetting> setting, Func<TRun, double> score)
        where TSetting : notnull
    {
        var scores = runs.GroupBy(setting).ToDictionary(same => same.Key, same => same.Average(score));
        Assert.Equal(scores.Values.Max(), scores[chosen], 1e-9);
    }

    private static void IsChart(string name, string svg) =>
        Assert.Equal(svg.ReplaceLineEndings("\n"), File.ReadAllText(Path.Combine(Docs, "experiments", name + ".svg")).ReplaceLineEndings("\n"));
}
