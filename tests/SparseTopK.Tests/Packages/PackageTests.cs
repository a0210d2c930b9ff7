using SparseTopK.TestKit.Documents;
using SparseTopK.TestKit.Packages;
using Xunit;

namespace SparseTopK.Tests.Packages;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    private static readonly string[] Core = ["src/SparseTopK"];

    [Fact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project()
    {
        var snippet = Snippet.All("csharp").First(snippet => snippet.Document == "src/SparseTopK/PACKAGE.md");
        using var trial = new PackageTrial(Core, $"using SparseTopK;\n\n{snippet.Code}");
        Assert.Equal(snippet.Output, trial.Run());
    }

    [SkippableTheory]
    [InlineData("-p:PublishTrimmed=true")]
    [InlineData("-p:PublishAot=true", "-p:IlcInstructionSet=native")]
    public void Published_trimmed_or_compiled_ahead_of_time_it_gives_the_same_bits(params string[] properties)
    {
        using var source = new StreamReader(typeof(PackageTests).Assembly.GetManifestResourceStream("EveryOperator.cs")!);
        using var trial = new PackageTrial(Core, "Console.WriteLine(SparseTopK.Tests.Packages.EveryOperator.Digest());", files: [("EveryOperator.cs", source.ReadToEnd())]);
        var (output, problem) = trial.Publish(properties);
        Skip.If(output is null, problem);
        Assert.Equal(EveryOperator.Digest(), output);
    }
}
