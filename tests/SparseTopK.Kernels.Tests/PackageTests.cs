using SparseTopK.TestKit.Packages;

namespace SparseTopK.Kernels.Tests;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    [Fact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project() =>
        PackageTrial.AssertPageRuns(DocumentTests.Runner, ["src/SparseTopK", "kernels/SparseTopK.Kernels"]);
}
