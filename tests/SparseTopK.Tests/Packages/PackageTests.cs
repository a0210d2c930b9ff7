using System.Runtime.Intrinsics.X86;
using SparseTopK.TestKit.Packages;
using Xunit;

namespace SparseTopK.Tests.Packages;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    private static readonly string[] Core = ["src/SparseTopK"];

    [Fact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project() => PackageTrial.AssertPageRuns(DocumentTests.Runner, Core);

    [SkippableFact]
    public void Published_trimmed_it_gives_the_same_bits() => AssertSameBits("-p:PublishTrimmed=true");

    /// <summary>For the instructions that this process may use: without AVX2 sums are added in another order.</summary>
    [SkippableFact]
    public void Compiled_ahead_of_time_it_gives_the_same_bits() =>
        AssertSameBits(["-p:PublishAot=true", .. Avx2.IsSupported || !X86Base.IsSupported ? ["-p:IlcInstructionSet=native"] : Array.Empty<string>()]);

    private static void AssertSameBits(params string[] properties)
    {
        using var source = new StreamReader(typeof(PackageTests).Assembly.GetManifestResourceStream("EveryOperator.cs")!);
        using var trial = new PackageTrial(Core, "Console.WriteLine(SparseTopK.Tests.Packages.EveryOperator.Digest());", files: [("EveryOperator.cs", source.ReadToEnd())]);
        var (output, problem) = trial.Publish(properties);
        Skip.If(output is null, problem);
        Assert.Equal(EveryOperator.Digest(), output);
    }
}
