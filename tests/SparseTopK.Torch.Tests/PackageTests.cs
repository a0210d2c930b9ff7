using System.Reflection;
using SparseTopK.TestKit.Documents;
using SparseTopK.TestKit.Packages;

namespace SparseTopK.Torch.Tests;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    [TorchFact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project()
    {
        var native = typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key.StartsWith("libtorch", StringComparison.Ordinal));
        var snippet = Snippet.All("cs").First(snippet => snippet.Document == "src/SparseTopK.Torch/PACKAGE.md");
        var usings = string.Concat(DocumentTests.Usings.Select(name => $"using {name};\n"));
        using var trial = new PackageTrial(["src/SparseTopK", "src/SparseTopK.Torch"], $"{usings}\n{snippet.Code}", [(native.Key, native.Value!)]);
        Assert.Equal(snippet.Output, trial.Run());
    }
}
