using SparseTopK.TestKit.Documents;
using SparseTopK.TestKit.Packages;

namespace SparseTopK.Kernels.Tests;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project()
    {
        var snippet = Snippet.All("c#").First(snippet => snippet.Document == "kernels/SparseTopK.Kernels/PACKAGE.md");
        var usings = string.Concat(DocumentTests.Usings.Select(name => $"using {name};\n"));
        using var trial = new PackageTrial(["src/SparseTopK", "kernels/SparseTopK.Kernels"], $"{usings}\n{snippet.Code}");
        Assert.Equal(snippet.Output, trial.Run());
    }
}
