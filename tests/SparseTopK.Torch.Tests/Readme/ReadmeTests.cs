using SparseTopK.TestKit;

namespace SparseTopK.Torch.Tests.Readme;

/// <summary>The README's snippets for TorchSharp are compiled code, and print what it says.</summary>
[Collection("Console")]
public sealed class ReadmeTests
{
    private static readonly ReadmeCode Readme = new(typeof(ReadmeTests), "cs");

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ReadmeSnippets.All.Length)];

    [Fact]
    public void Every_block_for_TorchSharp_is_a_compiled_snippet() => Readme.AssertCompiled(ReadmeSnippets.All.Length);

    [TorchTheory]
    [MemberData(nameof(Indices))]
    public void A_snippet_prints_what_the_readme_says(int index) => Readme.AssertPrints(index, ReadmeSnippets.All[index]);
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
