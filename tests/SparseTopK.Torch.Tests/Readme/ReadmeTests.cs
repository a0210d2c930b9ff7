using System.Text.RegularExpressions;

namespace SparseTopK.Torch.Tests.Readme;

/// <summary>The README's snippets for TorchSharp are compiled code, and print what it says.</summary>
[Collection("Console")]
public sealed partial class ReadmeTests
{
    private static readonly string Readme = Resource("README.md");

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, ReadmeSnippets.All.Length)];

    [Fact]
    public void Every_block_for_TorchSharp_is_a_compiled_snippet()
    {
        var blocks = CodeBlock().Matches(Readme).Select(match => match.Groups["code"].Value.Trim()).ToArray();
        var snippets = Region().Matches(Resource("ReadmeSnippets.cs")).Select(match => Unindent(match.Groups["code"].Value)).ToArray();
        Assert.Equal(snippets, blocks);
        Assert.Equal(ReadmeSnippets.All.Length, blocks.Length);
    }

    [TorchTheory]
    [MemberData(nameof(Indices))]
    public void A_snippet_prints_what_the_readme_says(int index)
    {
        var expected = CodeBlock().Matches(Readme)[index].Groups["output"].Value.Trim();
        var console = Console.Out;
        using var output = new StringWriter { NewLine = "\n" };
        try
        {
            Console.SetOut(output);
            ReadmeSnippets.All[index]();
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(expected, output.ToString().ReplaceLineEndings("\n").Trim());
    }

    private static string Unindent(string code) =>
        string.Join('\n', code.Trim('\n').Split('\n').Select(line => line.Length >= 8 ? line[8..] : line.Trim())).Trim();

    private static string Resource(string name)
    {
        using var stream = typeof(ReadmeTests).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex("```cs\n(?<code>.*?)```\n+```text\n(?<output>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("#region snippet\n(?<code>.*?)\n *#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();
}

/// <summary>Tests that read the console do not run beside others.</summary>
[CollectionDefinition("Console", DisableParallelization = true)]
public sealed class ConsoleTests;
