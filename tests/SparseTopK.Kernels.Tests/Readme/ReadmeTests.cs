using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Readme;

/// <summary>The README's snippets for ILGPU are compiled code, and print what it says.</summary>
public sealed class ReadmeTests
{
    private static readonly ReadmeCode Readme = new(typeof(ReadmeTests), "c#");

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ReadmeSnippets.All.Length)];

    [Fact]
    public void Every_block_for_ILGPU_is_a_compiled_snippet() => Readme.AssertCompiled(ReadmeSnippets.All.Length);

    [Theory]
    [MemberData(nameof(Indices))]
    public void A_snippet_prints_what_the_readme_says(int index) => Readme.AssertPrints(index, ReadmeSnippets.All[index]);
}
