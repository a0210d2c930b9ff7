using System.CommandLine;
using SparseTopK.Benchmarks.Tables;

namespace SparseTopK.Benchmarks;

/// <summary>The commands of a benchmark program.</summary>
internal static class Commands
{
    /// <param name="description">What the program is for.</param>
    /// <param name="sources">Who takes part in the tables.</param>
    /// <param name="more">Commands of its own.</param>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code: 0, or 1 where an argument or a file is bad, or a contender failed.</returns>
    public static int Run(string description, IContenders[] sources, Command[] more, string[] args)
    {
        var root = new RootCommand(description)
        {
            TableCommand.Create("ratios", "The operators against a copy or a sort of the same memory, side by side in one run.", Ratios.Run),
            ScalingReport.Command(),
            ConvergenceReport.Command(),
            TablesCommand.Create(sources),
        };
        foreach (var command in more)
        {
            root.Add(command);
        }

        try
        {
            return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }
}
