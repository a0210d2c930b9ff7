using SparseTopK.TestKit.Documents;

namespace SparseTopK.Torch.Tests;

/// <summary>The code for TorchSharp in README.md and docs runs as it stands there, and prints what they say.</summary>
[Collection("Console")]
public sealed class DocumentTests
{
    /// <summary>The using directives that the documents tell the reader to have.</summary>
    internal static readonly string[] Usings =
        ["SparseTopK.Torch", "SparseTopK.Torch.Modules", "static SparseTopK.Torch.Functional", "TorchSharp", "TorchSharp.Modules", "static TorchSharp.torch"];

    private static readonly IReadOnlyList<Snippet> Snippets = Snippet.All("cs");
    private static readonly SnippetRunner Runner = new(Usings);

    public static TheoryData<string> Names => [.. Snippets.Select(snippet => snippet.ToString())];

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void A_snippet_prints_what_the_document_says(string name) => Runner.AssertPrints(Snippets.Single(snippet => snippet.ToString() == name));
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
