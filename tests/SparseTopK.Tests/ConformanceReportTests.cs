using SparseTopK.Conformance;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>The program that compares the operators with a file of cases.</summary>
public sealed class ConformanceReportTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData(TopKSolver.Threshold, "float")]
    [InlineData(TopKSolver.Threshold, "double")]
    [InlineData(TopKSolver.Pav, "float")]
    [InlineData(TopKSolver.Pav, "double")]
    public void The_shipped_file_passes(TopKSolver solver, string type)
    {
        var (code, output, error) = Run(GoldenCase.ShippedFile, solver, type);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("all within tolerance", output, StringComparison.Ordinal);
        Assert.Contains("skipped: soft_rank", output, StringComparison.Ordinal);
        Assert.Contains("skipped: iso_l2", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mask", "\"y\": [", 1)]
    [InlineData("mag", "\"y\": [", 2)]
    [InlineData("mask", "\"vjp\": [", 3)]
    [InlineData("mag", "\"vjp\": [", 4)]
    public void One_altered_value_fails_and_is_named(string op, string field, int skip)
    {
        var lines = File.ReadAllLines(GoldenCase.ShippedFile);
        var number = GoldenCase.Read(GoldenCase.ShippedFile).Where(golden =>
            golden.Op == op && golden.X.Length > 1 && golden.Vjp is not null && golden.Margin > 1e-3).Skip(skip).First().Line;
        var at = lines[number - 1].IndexOf(field, StringComparison.Ordinal) + field.Length;
        var end = lines[number - 1].IndexOf(',', at);
        lines[number - 1] = $"{lines[number - 1][..at]}123.5{lines[number - 1][end..]}";
        File.WriteAllLines(_file, lines);
        var (code, output, _) = Run(_file);
        Assert.Equal(1, code);
        Assert.Contains($"line {number} (", output, StringComparison.Ordinal);
        Assert.Contains("FAILED", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"id\": \"x\", ")]
    [InlineData("null")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": [1], \"y\": [1, 2], \"g\": [1]}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": [1], \"y\": [1], \"g\": [1], \"p\": 2, \"lam\": 1, \"k\": 2}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mag\", \"x\": [1], \"y\": [1], \"g\": [1], \"p\": 1, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\"}")]
    public void A_malformed_line_is_named(string line)
    {
        File.WriteAllLines(_file, [File.ReadLines(GoldenCase.ShippedFile).First(), "", line]);
        var (code, _, error) = Run(_file);
        Assert.Equal(2, code);
        Assert.Contains($"{_file}, line 3:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_empty_is_no_success()
    {
        File.WriteAllText(_file, "\n");
        Assert.Equal(2, Run(_file).Code);
        Assert.Equal(2, Run(Path.Combine(Path.GetTempPath(), "no", "such", "file.jsonl")).Code);
    }

    [Fact]
    public void Operators_that_it_does_not_know_are_named_and_counted()
    {
        File.WriteAllLines(_file, Enumerable.Repeat("{\"id\": \"a\", \"op\": \"sparse_what\", \"x\": [1], \"y\": [1], \"g\": [1]}", 3));
        var (code, output, _) = Run(_file);
        Assert.Equal(0, code);
        Assert.Contains("skipped: sparse_what (3 cases)", output, StringComparison.Ordinal);
        Assert.Contains("no case was compared", output, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private static (int Code, string Output, string Error) Run(string path, TopKSolver solver = TopKSolver.Threshold, string type = "double")
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = Report.Run(path, solver, type, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
