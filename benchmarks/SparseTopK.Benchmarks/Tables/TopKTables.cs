using System.Globalization;
using System.Text;

namespace SparseTopK.Benchmarks.Tables;

/// <summary>Measurements of <see cref="TopKBenchmark"/> as Markdown.</summary>
internal static class TopKTables
{
    /// <summary>The name of these tables in JSON Lines.</summary>
    public const string Name = "top-k";

    /// <summary>The hard selection that all is measured against where there is libtorch, and where there is not.</summary>
    public const string Hard = "torch.topk", HardOfCore = "Array.Sort";

    /// <summary>The columns of the short table: its heads and the lines that they show, as multiples of <see cref="Hard"/>.</summary>
    public static (string Head, string Line)[] Short { get; } =
    [
        ("mask + VJP, core", "mask + VJP, p = 2"),
        ("mask, in TorchSharp", "topk_mask + backward, p = 2"),
        ("magnitude + VJP, core", "magnitude + VJP, p = 2"),
        ("magnitude, in TorchSharp", "topk_magnitude + backward, p = 2"),
        ("mask, of torch operations", "torch operations: mask + backward, p = 2"),
    ];

    /// <summary>One table per group: time, ratios to a copy and to hard selection, bytes allocated.</summary>
    public static string Long(IEnumerable<Measurement> measurements)
    {
        var text = new StringBuilder();
        foreach (var group in measurements.GroupBy(measurement => measurement.Case))
        {
            var lines = group.ToDictionary(line => line.Column);
            var hard = lines.ContainsKey(Hard) ? Hard : HardOfCore;
            var (unit, scale) = lines.Values.Average(line => line.Seconds) < 1e-3 ? ("us", 1e6) : ("ms", 1e3);
            text.AppendLine($"## {group.Key}").AppendLine();
            text.AppendLine($"| | {unit} | of copy | of {hard} | bytes allocated |").AppendLine("| --- | ---: | ---: | ---: | ---: |");
            foreach (var line in lines.Values)
            {
                text.AppendLine(line.Error is { } error
                    ? $"| {line.Column} | failed: {error} | | | |"
                    : $"| {line.Column} | {Digits(line.Seconds * scale)} | {Of(line.Column, lines, "copy")} | {Of(line.Column, lines, hard)} | {line.Bytes?.ToString("#,0", CultureInfo.InvariantCulture)} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    /// <summary>One line per shape, float, one thread, p = 2; null where hard selection was not measured.</summary>
    public static string? Summary(IReadOnlyList<Measurement> measurements)
    {
        var heads = Short.Select(column => column.Head);
        var text = new StringBuilder();
        text.AppendLine($"| rows x n, k | copy, us | mask, copies | {Hard}, us | {string.Join(" | ", heads)} |");
        text.AppendLine($"| --- | ---: | ---: | ---: |{string.Concat(Short.Select(_ => " ---: |"))}");
        var any = false;
        foreach (var group in measurements.Where(line => line.Case.EndsWith(", float, 1 thread", StringComparison.Ordinal)).GroupBy(line => line.Case))
        {
            var lines = group.Where(line => line.Error is null).ToDictionary(line => line.Column);
            if (lines.TryGetValue(Hard, out var hard) && lines.TryGetValue("copy", out var copy))
            {
                any = true;
                var cells = Short.Select(column => Of(column.Line, lines, Hard));
                var shape = group.Key[..group.Key.IndexOf(", float", StringComparison.Ordinal)];
                text.AppendLine($"| {shape} | {Digits(copy.Seconds * 1e6)} | {Of("mask, p = 2", lines, "copy")} | {Digits(hard.Seconds * 1e6)} | {string.Join(" | ", cells)} |");
            }
        }

        return any ? text.ToString() : null;
    }

    private static string Of(string name, Dictionary<string, Measurement> lines, string baseline) =>
        lines.TryGetValue(name, out var line) && lines.TryGetValue(baseline, out var other) && line.Error is null && other.Error is null
            ? Digits(line.Seconds / other.Seconds)
            : "-";

    /// <summary>Two to three digits.</summary>
    public static string Digits(double value) => value.ToString(
        value switch { < 0.1 => "0.000", < 1 => "0.00", < 10 => "0.00", < 100 => "0.0", _ => "#,0" }, CultureInfo.InvariantCulture);
}
