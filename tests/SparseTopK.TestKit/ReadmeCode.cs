using System.Text.RegularExpressions;
using Xunit;

namespace SparseTopK.TestKit;

/// <summary>The README's code blocks of one kind, and the compiled snippets that must be the same, and print what the README says.</summary>
/// <remarks>The kinds are told apart by how the block is fenced: csharp (the core), cs (TorchSharp), c# (ILGPU). The assembly of the snippets
/// holds README.md and ReadmeSnippets.cs as resources.</remarks>
public sealed partial class ReadmeCode
{
    private readonly (string Code, string Output)[] _blocks;
    private readonly string[] _snippets;

    /// <param name="owner">A type of the assembly that holds both resources.</param>
    /// <param name="fence">How the blocks are fenced.</param>
    public ReadmeCode(Type owner, string fence)
    {
        var pattern = $"```{Regex.Escape(fence)}\n(?<code>.*?)```\n+```text\n(?<output>.*?)```";
        _blocks = [.. Regex.Matches(Resource(owner, "README.md"), pattern, RegexOptions.Singleline)
            .Select(match => (match.Groups["code"].Value.Trim(), match.Groups["output"].Value.Trim()))];
        _snippets = [.. Region().Matches(Resource(owner, "ReadmeSnippets.cs")).Select(match => Unindent(match.Groups["code"].Value))];
    }

    /// <summary>Every block is a compiled snippet, in the same order.</summary>
    public void AssertCompiled(int snippets)
    {
        Assert.Equal(_snippets, _blocks.Select(block => block.Code));
        Assert.Equal(snippets, _blocks.Length);
    }

    /// <summary>A snippet prints what the README says. Nothing else may write to the console meanwhile.</summary>
    public void AssertPrints(int index, Action snippet)
    {
        var console = Console.Out;
        using var output = new StringWriter { NewLine = "\n" };
        try
        {
            Console.SetOut(output);
            snippet();
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(_blocks[index].Output, output.ToString().ReplaceLineEndings("\n").Trim());
    }

    private static string Unindent(string code) =>
        string.Join('\n', code.Trim('\n').Split('\n').Select(line => line.Length >= 8 ? line[8..] : line.Trim())).Trim();

    private static string Resource(Type owner, string name)
    {
        using var stream = owner.Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex("#region snippet\n(?<code>.*?)\n *#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();
}
