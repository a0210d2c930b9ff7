using System.CommandLine;

namespace SparseTopK.Benchmarks;

/// <summary>A command that prints tables of ratios: its options, and what is done with the results.</summary>
internal static class TableCommand
{
    /// <param name="name">The command.</param>
    /// <param name="description">What it prints.</param>
    /// <param name="run">Prints the tables, on so many threads.</param>
    public static Command Create(string name, string description, Action<Settings, int> run)
    {
        var seconds = new Option<double>("--seconds") { Description = "Time for each case.", DefaultValueFactory = _ => 2 };
        var threads = new Option<int>("--threads") { Description = "Threads.", DefaultValueFactory = _ => 1 };
        var filter = new Option<string>("--case") { Description = "Only cases whose name holds this.", DefaultValueFactory = _ => string.Empty };
        var json = new Option<FileInfo?>("--json") { Description = "Writes what was measured to this file, as JSON Lines." };
        var beside = new Option<FileInfo[]>("--beside")
        {
            Description = "JSON Lines of another program on the same cases, to be printed to the right.",
            DefaultValueFactory = _ => [],
        };
        var command = new Command(name, description) { seconds, threads, filter, json, beside };
        command.SetAction(arguments =>
        {
            var others = new OtherResults([.. arguments.GetRequiredValue(beside).SelectMany(file => Measurement.Read(file.FullName))]);
            var settings = new Settings(arguments.GetValue(seconds), arguments.GetRequiredValue(filter), Console.Out) { Beside = others };
            run(settings, arguments.GetValue(threads));
            if (arguments.GetValue(json) is { } file)
            {
                WholeFile.Write(file.FullName, string.Concat(settings.Results.Select(result => $"{result.ToJson()}\n")));
            }
        });
        return command;
    }
}
