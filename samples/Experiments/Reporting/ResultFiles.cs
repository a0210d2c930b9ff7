using System.Text.Json;
using System.Text.Json.Nodes;
using SparseTopK.Experiments.Running;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Reporting;

/// <summary>The files of an experiment: NAME.json with every run, NAME.md with the tables, and charts.</summary>
internal sealed class ResultFiles(string folder)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public void Write(string name, IReadOnlyList<RunResult> results, IReadOnlyList<ResultTable> tables)
    {
        var versions = new JsonObject
        {
            ["dotnet"] = Environment.Version.ToString(),
            ["torchsharp"] = typeof(Tensor).Assembly.GetName().Version!.ToString(),
            ["libtorch"] = __version__,
            ["sparsetopk"] = typeof(PNorm).Assembly.GetName().Version!.ToString(),
        };
        var runs = results.Select(result => (JsonNode)new JsonObject
        {
            ["recipe"] = JsonNode.Parse(result.Recipe),
            ["numbers"] = JsonSerializer.SerializeToNode(result.Numbers),
        });
        var document = new JsonObject { ["versions"] = versions, ["runs"] = new JsonArray([.. runs]) };
        WriteText($"{name}.json", document.ToJsonString(Indented) + "\n");
        WriteText($"{name}.md", string.Join("\n", tables.Select(table => table.ToMarkdown())));
    }

    public void WriteText(string name, string text) => AtomicFile.Write(Path.Combine(folder, name), text);
}
