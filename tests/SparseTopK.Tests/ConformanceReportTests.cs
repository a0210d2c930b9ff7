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
        Assert.DoesNotContain("skipped", output, StringComparison.Ordinal);
        foreach (var (op, cases) in GoldenCase.Read(GoldenCase.ShippedFile).CountBy(golden => golden.Op))
        {
            Assert.Matches($@"(?m)^{op} +{cases} ", output);
        }
    }

    [Theory]
    [InlineData("float")]
    [InlineData("double")]
    public void A_correctly_rounded_answer_is_within_every_tolerance(string type)
    {
        foreach (var golden in GoldenCase.Read(GoldenCase.ShippedFile))
        {
            var tolerance = type == "float" ? Tolerance.Forward<float>(golden) : Tolerance.Forward<double>(golden);
            var scale = Tolerance.Scale(golden);
            Assert.All(golden.Y, (y, i) =>
            {
                var rounding = type == "float" ? Math.Abs((float)y - y) : 0.5 * (Math.BitIncrement(Math.Abs(y)) - Math.Abs(y));
                Assert.True(y == 0 || rounding <= tolerance * scale[i], $"line {golden.Line}, entry {i}");
            });
        }
    }

    /// <summary>Which cases no float can meet where y is measured in max |x|: those that Tolerance speaks of.</summary>
    [Fact]
    public void Soft_ranks_alone_need_a_scale_of_their_own()
    {
        var broken = GoldenCase.Read(GoldenCase.ShippedFile).Where(golden => !golden.IsTopK
            && golden.Y.Any(y => Math.Abs((float)y - y) > Tolerance.Forward<float>(golden) * Tolerance.Largest(golden.X)));
        Assert.Equal(["s0339", "s0340", "s0342", "s0344", "s0345"], broken.Select(golden => golden.Id));
    }

    [Theory]
    [InlineData("mask", "\"y\": [", 1)]
    [InlineData("mag", "\"y\": [", 2)]
    [InlineData("mask", "\"vjp\": [", 3)]
    [InlineData("mag", "\"vjp\": [", 4)]
    [InlineData("iso_l2", "\"y\": [", 1)]
    [InlineData("iso_l2", "\"vjp\": [", 2)]
    [InlineData("iso_mask", "\"y\": [", 3)]
    [InlineData("iso_mask", "\"vjp\": [", 4)]
    [InlineData("iso_mag", "\"y\": [", 5)]
    [InlineData("iso_mag", "\"vjp\": [", 6)]
    [InlineData("soft_rank", "\"y\": [", 7)]
    [InlineData("soft_rank", "\"vjp\": [", 8)]
    [InlineData("soft_sort", "\"y\": [", 1)]
    [InlineData("soft_sort", "\"vjp\": [", 2)]
    public void One_altered_value_fails_and_is_named(string op, string field, int skip)
    {
        var lines = File.ReadAllLines(GoldenCase.ShippedFile);
        var number = GoldenCase.Read(GoldenCase.ShippedFile).Where(golden =>
            golden.Op == op && golden.X.Length > 1 && golden.Vjp is not null && golden.Margin is null or > 1e-3).Skip(skip).First().Line;
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
    [InlineData("{\"id\": \"x\", \"op\": null, \"x\": [1], \"y\": [1], \"g\": [1]}")]
    [InlineData("{\"id\": null, \"op\": \"mask\", \"x\": [1], \"y\": [1], \"g\": [1], \"p\": 2, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": null, \"y\": [1], \"g\": [1], \"p\": 2, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": [1], \"y\": null, \"g\": [1], \"p\": 2, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": [1], \"y\": [1], \"g\": null, \"p\": 2, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mask\", \"x\": [null], \"y\": [1], \"g\": [1], \"p\": 2, \"lam\": 1, \"k\": 1}")]
    [InlineData("{\"id\": \"x\", \"op\": \"mag\", \"x\": [], \"y\": [], \"g\": [], \"p\": 2, \"lam\": 1, \"k\": 0}")]
    [InlineData("[]")]
    [InlineData("1e999")]
    public void A_malformed_line_is_named(string line) => AssertNamed(line);

    [Theory]
    [InlineData("iso_l2", "")]
    [InlineData("iso_l2", "\"w\": null")]
    [InlineData("iso_l2", "\"w\": [1, 2]")]
    [InlineData("iso_l2", "\"w\": [0]")]
    [InlineData("iso_l2", "\"w\": [\"NaN\"]")]
    [InlineData("iso_mask", "\"p\": 2, \"lam\": 1")]
    [InlineData("iso_mask", "\"p\": 2, \"w\": [1]")]
    [InlineData("iso_mask", "\"lam\": 1, \"w\": [1]")]
    [InlineData("iso_mask", "\"p\": 2, \"lam\": 0, \"w\": [1]")]
    [InlineData("iso_mask", "\"p\": 2, \"lam\": 1, \"w\": [\"Infinity\"]")]
    [InlineData("iso_mag", "\"p\": 2, \"lam\": 1, \"w\": []")]
    [InlineData("iso_mag", "\"p\": 1, \"lam\": 1, \"w\": [1]")]
    [InlineData("iso_mag", "\"p\": 2, \"lam\": 1, \"w\": [-1]")]
    [InlineData("soft_rank", "\"direction\": \"ASCENDING\", \"regularization\": \"l2\"")]
    [InlineData("soft_rank", "\"lam\": -1, \"direction\": \"ASCENDING\", \"regularization\": \"l2\"")]
    [InlineData("soft_rank", "\"lam\": 1, \"regularization\": \"l2\"")]
    [InlineData("soft_sort", "\"lam\": 1, \"direction\": \"UP\", \"regularization\": \"l2\"")]
    [InlineData("soft_sort", "\"lam\": 1, \"direction\": \"ASCENDING\"")]
    [InlineData("soft_sort", "\"lam\": 1, \"direction\": \"ASCENDING\", \"regularization\": \"l3\"")]
    public void Parameters_that_its_operator_does_not_take_are_named(string op, string fields) =>
        AssertNamed($"{{\"id\": \"x\", \"op\": \"{op}\", {fields}{(fields.Length > 0 ? "," : "")} \"x\": [1], \"y\": [1], \"g\": [1]}}");

    [Fact]
    public void A_file_that_is_missing_or_empty_is_no_success()
    {
        File.WriteAllText(_file, "\n");
        Assert.Equal(2, Run(_file).Code);
        Assert.Equal(2, Run(Path.Combine(Path.GetTempPath(), "no", "such", "file.jsonl")).Code);
    }

    [Fact]
    public void A_case_without_a_note_is_a_case()
    {
        const string Case = "\"op\": \"mask\", \"x\": [1, 0], \"y\": [1, 0], \"g\": [1, 0], \"p\": 2, \"lam\": 1, \"k\": 1}";
        File.WriteAllLines(_file, ["{\"id\": \"a\", " + Case, "{\"id\": \"b\", \"note\": null, " + Case]);
        Assert.Equal(0, Run(_file).Code);
    }

    [Fact]
    public void Operators_that_it_does_not_know_are_named_and_counted()
    {
        File.WriteAllLines(_file, Enumerable.Repeat("{\"id\": \"a\", \"op\": \"sparse_what\", \"x\": [1], \"y\": [1], \"g\": [1]}", 3));
        var (code, output, _) = Run(_file);
        Assert.Equal(2, code);
        Assert.Contains("skipped: sparse_what (3 cases)", output, StringComparison.Ordinal);
        Assert.Contains("no case was compared", output, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private void AssertNamed(string line)
    {
        File.WriteAllLines(_file, [File.ReadLines(GoldenCase.ShippedFile).First(), "", line]);
        var (code, _, error) = Run(_file);
        Assert.Equal(2, code);
        Assert.Contains($"{_file}, line 3:", error, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Run(string path, TopKSolver solver = TopKSolver.Threshold, string type = "double")
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = Report.Run(path, solver, type, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
