using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SparseTopK.Benchmarks;
using SparseTopK.TestKit.Documents;
using Xunit;

namespace SparseTopK.Tests.Benchmarks;

/// <summary>The README's short table is that of measured results, and these follow from what was measured.</summary>
public sealed partial class ResultsTests
{
    [Fact]
    public void The_READMEs_table_is_a_folders_summary()
    {
        var (folder, table) = OfReadme();
        Assert.Equal(Resource($"{folder}/summary.md").Trim(), table.Trim());
    }

    [Fact]
    public void Every_number_of_the_summary_follows_from_the_measurements()
    {
        var (folder, table) = OfReadme();
        var cells = Resource($"{folder}/top-k.jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(line => (line.GetProperty("case").GetString()!, line.GetProperty("column").GetString()!), line => line.GetProperty("seconds").GetDouble());
        var rows = table.Trim().Split('\n').Skip(2).Select(row => row.Trim('|', ' ', '\r').Split('|', StringSplitOptions.TrimEntries)).ToArray();
        Assert.Equal(8, rows.Length);
        foreach (var row in rows)
        {
            double Seconds(string column) => cells[($"{row[0]}, float, 1 thread", column)];
            var hard = Seconds("torch.topk");
            double[] expected =
            [
                1e6 * Seconds("copy"), Seconds("mask, p = 2") / Seconds("copy"), 1e6 * hard, Seconds("mask + VJP, p = 2") / hard,
                Seconds("topk_mask + backward, p = 2") / hard, Seconds("magnitude + VJP, p = 2") / hard,
                Seconds("topk_magnitude + backward, p = 2") / hard, Seconds("torch operations: mask + backward, p = 2") / hard,
            ];
            Assert.Equal(expected.Length, row.Length - 1);
            foreach (var (cell, value) in row.Skip(1).Zip(expected))
            {
                var decimals = cell.Contains('.') ? cell.Length - cell.IndexOf('.') - 1 : 0;
                var number = double.Parse(cell, NumberStyles.Number, CultureInfo.InvariantCulture);
                Assert.Equal(value, number, (0.5 * Math.Pow(10, -decimals)) + 1e-9);
            }
        }
    }

    [Fact]
    public void A_measurement_is_read_as_it_was_written()
    {
        Measurement[] measured = [new("t", "1 x 8, k = 2", "copy", 1.25e-7, 1, 0), new("t", "1 x 8, k = 2", "mask", 0, Error: "no \"memory\"")];
        Assert.Equal(measured, Reading(string.Concat(measured.Select(one => one.ToJson() + "\n"))));
    }

    [Theory]
    [InlineData("{\"table\":\"t\",\"case\":\"c\",\"column\":\"x\",\"seconds\":1}\n{\"table\":\"t\",\"case\":\"c\",\"seconds\":1}\n", "line 2")]
    [InlineData("\n{\"table\":1,\"case\":\"c\",\"column\":\"x\",\"seconds\":1}\n", "line 2")]
    [InlineData("nonsense\n", "line 1")]
    [InlineData("null\n", "line 1")]
    public void A_malformed_line_is_named(string text, string line) =>
        Assert.Contains(line, Assert.Throws<FormatException>(() => Reading(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("no-such.jsonl", Assert.Throws<FileNotFoundException>(() => Measurement.Read("no-such.jsonl")).Message, StringComparison.Ordinal);

    private static IReadOnlyList<Measurement> Reading(string text)
    {
        var path = Path.GetTempFileName();
        try
        {
            WholeFile.Write(path, text);
            return Measurement.Read(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (string Folder, string Table) OfReadme()
    {
        var match = Marked().Match(MarkdownFile.At("README.md").Text);
        Assert.True(match.Success);
        return (match.Groups[1].Value, match.Groups[2].Value);
    }

    private static string Resource(string name)
    {
        var assembly = typeof(ResultsTests).Assembly;
        var found = Assert.Single(assembly.GetManifestResourceNames(), other => other.Replace('\\', '/') == name);
        using var reader = new StreamReader(assembly.GetManifestResourceStream(found)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"<!-- (benchmarks/results/[^/\s]+)/summary\.md -->\s*\n(.*?)<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Marked();
}
