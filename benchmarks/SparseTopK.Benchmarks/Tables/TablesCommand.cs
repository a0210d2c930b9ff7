using System.CommandLine;
using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using BenchmarkDotNet.Reports;

namespace SparseTopK.Benchmarks.Tables;

/// <summary>The command that measures everything and writes every table.</summary>
internal static class TablesCommand
{
    private static readonly Shape[] Shapes =
    [
        new(1, 1000, 10), new(1, 100_000, 1000), new(1, 1_000_000, 10_000), new(1, 10_000_000, 1_000_000),
        new(4096, 8, 2), new(4096, 64, 2), new(1024, 1024, 32), new(64, 32_768, 64),
    ];

    public static Command Create(IContenders[] sources)
    {
        var filter = new Option<string>("--filter") { Description = "Only lines whose group and name hold this.", DefaultValueFactory = _ => string.Empty };
        var output = new Option<DirectoryInfo?>("--output") { Description = "The folder of the tables; by default benchmarks/results/<cpu>." };
        var quick = new Option<bool>("--quick") { Description = "A short look instead of a measurement." };
        var command = new Command("tables", "Measures every operator beside its baselines with BenchmarkDotNet, then scaling and convergence, and writes the tables.")
        {
            filter, output, quick,
        };
        command.SetAction(arguments => Run(
            sources, arguments.GetRequiredValue(filter), arguments.GetValue(output)?.FullName, arguments.GetValue(quick)));
        return command;
    }

    private static int Run(IContenders[] sources, string filter, string? folder, bool quick)
    {
        var contenders = Groups().SelectMany(group => sources.SelectMany(source => source.For(group)))
            .Where(contender => contender.ToString().Contains(filter, StringComparison.Ordinal)).ToArray();
        if (contenders.Length == 0)
        {
            throw new ArgumentException($"--filter {filter}: there is no such line.");
        }

        var head = new StringBuilder();
        var root = Repository.Root();
        var summary = TopKBenchmark.Measure(contenders, Path.Combine(root, "artifacts", "benchmarks"), quick);
        folder ??= Path.Combine(root, "benchmarks", "results", Repository.Processor());
        head.AppendLine($"{DateTime.UtcNow:yyyy-MM-dd}, {Command(filter, quick)}").AppendLine();
        foreach (var line in Describe(summary).Concat(sources.SelectMany(source => source.Describe())))
        {
            head.AppendLine($"- {line}");
        }

        head.AppendLine();
        var measurements = Measurements(summary, contenders);
        List<(string Name, string Text)> files =
        [
            ("top-k.md", $"# Top-k, lambda = {CoreContenders.Lambda}, standard normal rows\n\n{head}{TopKTables.Long(measurements)}"),
            ("top-k.jsonl", string.Concat(measurements.Select(measurement => $"{measurement.ToJson()}\n"))),
        ];
        if (TopKTables.Summary(measurements) is { } table)
        {
            files.Add(("summary.md", table));
        }

        if (filter.Length == 0)
        {
            files.AddRange(Others(head.ToString(), quick));
        }

        foreach (var (name, text) in files)
        {
            WholeFile.Write(Path.Combine(folder, name), text);
            Console.WriteLine(Path.GetRelativePath(root, Path.Combine(folder, name)));
        }

        var failed = contenders.Where(contender => contender.Error is not null).ToArray();
        foreach (var contender in failed)
        {
            Console.Error.WriteLine($"{contender}: {contender.Error}");
        }

        return failed.Length == 0 ? 0 : 1;
    }

    private static string Command(string filter, bool quick) =>
        $"`dotnet run -c Release --project benchmarks/{Assembly.GetEntryAssembly()?.GetName().Name} -- tables"
            + $"{(filter.Length > 0 ? $" --filter \"{filter}\"" : string.Empty)}{(quick ? " --quick" : string.Empty)}`";

    private static IEnumerable<string> Describe(Summary summary) => summary.HostEnvironmentInfo.ToFormattedString()
        .Append($"{RuntimeInformation.FrameworkDescription}, vectors of {Vector<byte>.Count * 8} bits{(Vector512.IsHardwareAccelerated ? ", AVX-512" : string.Empty)}");

    /// <summary>float on one thread first, with every solver; then all threads, and double.</summary>
    private static IEnumerable<Group> Groups() =>
        Shapes.Select(shape => new Group(shape, false, 1))
            .Concat(Environment.ProcessorCount > 1 ? Shapes.Select(shape => new Group(shape, false, Environment.ProcessorCount)) : [])
            .Concat(Shapes.Select(shape => new Group(shape, true, 1)));

    private static IEnumerable<(string Name, string Text)> Others(string head, bool quick)
    {
        Console.Error.WriteLine("scaling");
        var scaling = quick ? new ScalingReport(100_000, 0.1) : new ScalingReport(100_000_000, 2);
        yield return ("scaling.md", $"# Cost of one row\n\n{head}{scaling.Table()}");
        yield return ("scaling.svg", scaling.Chart());
        Console.Error.WriteLine("convergence");
        yield return ("convergence.md", $"# Dykstra's algorithm beside the threshold solver\n\n{head}{ConvergenceReport.Table()}");
        yield return ("convergence.svg", ConvergenceReport.Chart());
    }

    private static List<Measurement> Measurements(Summary summary, Contender[] contenders)
    {
        var reports = summary.Reports.ToDictionary(report => (Contender)report.BenchmarkCase.Parameters.Items[0].Value);
        var copies = contenders.Where(contender => contender.Name == "copy").ToDictionary(contender => contender.Group, contender => Seconds(reports[contender]));
        return [.. contenders.Select(contender =>
        {
            var report = reports[contender];
            var error = contender.Error ?? (report.Success ? null : "no result");
            var seconds = error is null ? Seconds(report) : 0;
            double? ratio = copies.TryGetValue(contender.Group, out var copy) && error is null ? seconds / copy : null;
            return new Measurement(
                TopKTables.Name, contender.Group.ToString(), contender.Name, seconds, ratio,
                report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase), error);
        })];
    }

    private static double Seconds(BenchmarkReport report) => (report.ResultStatistics?.Median ?? 0) * 1e-9;
}
