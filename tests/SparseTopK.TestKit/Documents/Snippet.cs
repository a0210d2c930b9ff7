using System.Text.RegularExpressions;

namespace SparseTopK.TestKit.Documents;

/// <summary>A block of C# in a Markdown document, and what the document says that it prints.</summary>
/// <param name="Document">The document's path in the repository.</param>
/// <param name="Line">The number of the block's first line.</param>
/// <param name="Given">Statements that the text tells the reader to have already: the HTML comment "given" before the block.</param>
/// <param name="Code">The block.</param>
/// <param name="Output">The text block that follows it, or empty.</param>
public sealed partial record Snippet(string Document, int Line, string Given, string Code, string Output)
{
    /// <summary>All blocks of one kind in all documents, told apart by how they are fenced: csharp (the core), cs (TorchSharp), c# (ILGPU).</summary>
    public static IReadOnlyList<Snippet> All(string fence) =>
    [
        .. from document in MarkdownFile.All
           from Match block in Block().Matches(document.Text)
           where block.Groups["fence"].Value == fence
           let code = block.Groups["code"]
           select new Snippet(
               document.Path, 1 + document.Text.AsSpan(0, code.Index).Count('\n'), block.Groups["given"].Value.Trim(), code.Value, block.Groups["output"].Value.Trim()),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Document}, line {Line}";

    [GeneratedRegex(
        @"(^<!--\ given\n(?<given>.*?)-->\n\s*)?^```(?<fence>csharp|cs|c\#)\n(?<code>.*?)^```\n(\n```text\n(?<output>.*?)^```)?",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
