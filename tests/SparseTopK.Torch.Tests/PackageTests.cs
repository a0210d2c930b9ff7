using System.Reflection;
using SparseTopK.TestKit.Packages;

namespace SparseTopK.Torch.Tests;

/// <summary>The package as a user gets it: packed, restored into an empty project outside the repository, and run there.</summary>
public sealed class PackageTests
{
    [TorchFact]
    public void The_packed_package_runs_the_snippet_of_its_page_in_an_empty_project()
    {
        var native = typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key.StartsWith("libtorch", StringComparison.Ordinal));
        PackageTrial.AssertPageRuns(DocumentTests.Runner, ["src/SparseTopK", "kernels/SparseTopK.Kernels", "src/SparseTopK.Torch"], (native.Key, native.Value!));
    }
}
