using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests.Readme;

/// <summary>The README's snippets are compiled code, and print what it says.</summary>
[Collection("Console")]
public sealed class ReadmeTests
{
    private static readonly ReadmeCode Readme = new(typeof(ReadmeTests), "csharp");

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ReadmeSnippets.All.Length)];

    [Fact]
    public void Every_block_of_the_readme_is_a_compiled_snippet() => Readme.AssertCompiled(ReadmeSnippets.All.Length);

    [Theory]
    [MemberData(nameof(Indices))]
    public void A_snippet_prints_what_the_readme_says(int index) => Readme.AssertPrints(index, ReadmeSnippets.All[index]);
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
