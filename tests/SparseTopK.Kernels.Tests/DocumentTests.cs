using SparseTopK.TestKit.Documents;

namespace SparseTopK.Kernels.Tests;

/// <summary>The code for ILGPU in the documents runs as it stands there, and prints what they say.</summary>
[Collection("Console")]
public sealed class DocumentTests
{
    internal static readonly SnippetRunner Runner = new("c#", "ILGPU.Runtime", "SparseTopK", "SparseTopK.Kernels");

    public static TheoryData<string> Names => Runner.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_snippet_prints_what_the_document_says(string name) => Runner.AssertPrints(name);
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
