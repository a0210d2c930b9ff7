using SparseTopK.Experiments.Running;
using SparseTopK.Quickstart.Terminal;
using Spectre.Console;

namespace SparseTopK.Experiments.Reporting;

/// <summary>Bars while networks train, and lines where the output goes to a file.</summary>
internal static class ExperimentConsole
{
    private const int WidthOfFiles = 200;

    /// <summary>The console; where the output goes to a file, wide enough for the tables.</summary>
    public static IAnsiConsole Create()
    {
        var console = SampleConsole.Create();
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthOfFiles;
        }

        return console;
    }

    /// <summary>Carries out runs with a bar for each group of them.</summary>
    /// <param name="console">Where the bars are shown.</param>
    /// <param name="campaign">What carries them out.</param>
    /// <param name="jobs">The runs.</param>
    /// <param name="groupOf">The name of the bar of a run.</param>
    public static IReadOnlyList<RunResult> RunWithProgress(
        IAnsiConsole console, Campaign campaign, IReadOnlyList<Job> jobs, Func<Job, string> groupOf) =>
        console.Progress().Start(progress =>
        {
            var bars = jobs.GroupBy(groupOf).ToDictionary(
                group => group.Key, group => progress.AddTask(Markup.Escape(group.Key), maxValue: group.Sum(job => job.Epochs)));
            return campaign.Run(jobs, (job, epochs) => bars[groupOf(job)].Increment(epochs));
        });

    /// <summary>Does work with one bar.</summary>
    public static T WithBar<T>(IAnsiConsole console, string name, long steps, Func<Action, T> work) => console.Progress().Start(progress =>
    {
        var bar = progress.AddTask(Markup.Escape(name), maxValue: steps);
        return work(() => bar.Increment(1));
    });
}
