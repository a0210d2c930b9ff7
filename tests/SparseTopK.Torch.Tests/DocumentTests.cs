using SparseTopK.TestKit.Documents;

namespace SparseTopK.Torch.Tests;

/// <summary>The code for TorchSharp in the documents runs as it stands there, and prints what they say.</summary>
[Collection("Console")]
public sealed class DocumentTests
{
    internal static readonly SnippetRunner Runner = new(
        "cs", "SparseTopK.Torch", "SparseTopK.Torch.Modules", "static SparseTopK.Torch.Functional", "TorchSharp", "TorchSharp.Modules", "static TorchSharp.torch");

    public static TheoryData<string> Names => Runner.Names;

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void A_snippet_prints_what_the_document_says(string name) => Runner.AssertPrints(name);
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
