using System.Text.Json;
using System.Text.Json.Nodes;
using SparseTopK.Experiments.Running;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Reporting;

/// <summary>The files of an experiment: NAME.json with every run, NAME.md with the tables, and charts.</summary>
internal sealed class ResultFiles(string folder)
{
    public void Write(string name, IReadOnlyList<RunResult> results, IReadOnlyList<ResultTable> tables)
    {
        var versions = new JsonObject
        {
            ["dotnet"] = Environment.Version.ToString(),
            ["torchsharp"] = typeof(Tensor).Assembly.GetName().Version!.ToString(),
            ["libtorch"] = __version__,
            ["sparsetopk"] = typeof(PNorm).Assembly.GetName().Version!.ToString(),
        };
        var runs = results.Select(result => new JsonObject
        {
            ["recipe"] = JsonNode.Parse(result.Recipe),
            ["numbers"] = JsonSerializer.SerializeToNode(result.Numbers),
        }.ToJsonString());
        WriteText($"{name}.json", $"{{\"versions\": {versions.ToJsonString()}, \"runs\": [\n{string.Join(",\n", runs)}\n]}}\n");
        WriteText($"{name}.md", string.Join("\n", tables.Select(table => table.ToMarkdown())));
    }

    /// <summary>The runs of a file that <see cref="Write"/> wrote.</summary>
    public static List<RunResult> Read(string path) =>
    [
        .. JsonNode.Parse(File.ReadAllText(path))!["runs"]!.AsArray().Select(run => new RunResult(
            run!["recipe"]!.ToJsonString(), run["numbers"].Deserialize<Dictionary<string, double>>()!)),
    ];

    public void WriteText(string name, string text) => AtomicFile.Write(Path.Combine(folder, name), text);
}
