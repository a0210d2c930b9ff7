using SparseTopK.Benchmarks;
using SparseTopK.Benchmarks.Tables;
using Xunit;

namespace SparseTopK.Tests.Benchmarks;

public sealed class TableTests
{
    [Fact]
    public void A_power_law_has_its_exponent()
    {
        var points = new[] { 10.0, 100, 1000, 1e6 }.Select(n => (Math.Log(n), Math.Log(3 * Math.Pow(n, 0.7)))).ToArray();
        Assert.Equal(0.7, LeastSquaresFit.Slope(points), 1e-12);
    }

    [Fact]
    public void A_table_has_ratios_to_the_copy_and_to_hard_selection_and_says_what_failed()
    {
        const string group = "1 x 8, k = 2, float, 1 thread";
        var text = TopKTables.Long(
        [
            new("top-k", group, "torch.topk", 4e-6, 4, 64), new("top-k", group, "copy", 1e-6, 1, 0),
            new("top-k", group, "mask, p = 2", 2e-6, 2, 0), new("top-k", group, "other", 0, Error: "out of memory"),
        ]);
        var lines = text.Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.Contains($"## {group}", lines);
        Assert.Contains("| | us | of copy | of torch.topk | bytes allocated |", lines);
        Assert.Contains("| mask, p = 2 | 2.00 | 2.00 | 0.50 | 0 |", lines);
        Assert.Contains("| other | failed: out of memory | | | |", lines);
    }

    [Fact]
    public void Without_hard_selection_there_is_no_summary() =>
        Assert.Null(TopKTables.Summary([new("top-k", "1 x 8, k = 2, float, 1 thread", "copy", 1e-6, 1, 0)]));

    [Fact]
    public void Results_of_another_program_stand_beside_ours_with_their_ratio()
    {
        var output = new StringWriter();
        var others = new OtherResults([new("T", "case", "theirs", 1000), new("T", "another case", "theirs", 1), new("U", "case", "elsewhere", 1)]);
        var settings = new Settings(0.01, string.Empty, output) { Beside = others };
        new Table<int[]>("T", "n", [new("ours", static work => work[0]++)], settings).Compare("case", () => new int[1]);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["n", "ours", "theirs"], lines.Single(line => line.StartsWith('n')).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        Assert.Contains("1000000.0000 (", Assert.Single(lines, line => line.StartsWith("case", StringComparison.Ordinal)), StringComparison.Ordinal);
        var ours = Assert.Single(settings.Results);
        Assert.Equal(("T", "case", "ours", 1.0), (ours.Table, ours.Case, ours.Column, ours.Ratio));
    }
}
