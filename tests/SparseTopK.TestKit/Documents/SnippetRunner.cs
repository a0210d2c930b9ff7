using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace SparseTopK.TestKit.Documents;

/// <summary>The snippets of one kind: compiles each as the Program.cs of a new project, runs it and compares what it prints.</summary>
/// <param name="fence">How they are fenced: see <see cref="Snippet.All"/>.</param>
/// <param name="usings">The using directives that the documents tell the reader to have, without "using" and ";".</param>
public sealed class SnippetRunner(string fence, params string[] usings)
{
    private static readonly string[] OfNewProjects =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.CSharp14);

    private static readonly CSharpCompilationOptions Options = new(
        OutputKind.ConsoleApplication,
        optimizationLevel: OptimizationLevel.Release,
        nullableContextOptions: NullableContextOptions.Enable,
        specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress)]);     // of packages made for an older framework; the SDK does so too

    /// <summary>What the test itself runs on: the framework, the packages and their dependencies.</summary>
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly SyntaxTree _usings = Parse(string.Concat(OfNewProjects.Concat(usings).Select(name => $"global using {name};\n")));

    private readonly IReadOnlyList<Snippet> _snippets = Snippet.All(fence);

    /// <summary>A name for each snippet: where it stands.</summary>
    public TheoryData<string> Names => [.. _snippets.Select(snippet => snippet.ToString())];

    /// <summary>The first snippet of a document as a Program.cs with its using directives, and what it prints.</summary>
    public (string Program, string Output) First(string document)
    {
        var snippet = _snippets.First(snippet => snippet.Document == document);
        return (string.Concat(usings.Select(name => $"using {name};\n")) + snippet.Code, snippet.Output);
    }

    /// <summary>The snippet compiles without a warning, and prints what the document says. Nothing else may write to the console meanwhile.</summary>
    public void AssertPrints(string name)
    {
        var snippet = _snippets.Single(snippet => snippet.ToString() == name);
        var main = Assembly.Load(Compile(snippet)).EntryPoint!;
        var (console, threads) = (Console.Out, TopKParallelism.MaxDegreeOfParallelism);
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Array.Empty<string>()], null);
        }
        finally
        {
            Console.SetOut(console);
            TopKParallelism.MaxDegreeOfParallelism = threads;
        }

        Assert.Equal(snippet.Output, output.ToString().ReplaceLineEndings("\n").Trim());
    }

    private byte[] Compile(Snippet snippet)
    {
        var compilation = CSharpCompilation.Create("Snippet", [_usings, Parse($"{snippet.Given}\n{snippet.Code}")], References, Options);
        using var assembly = new MemoryStream();
        var problems = compilation.Emit(assembly).Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning);
        Assert.True(!problems.Any(), $"{snippet}\n{string.Join('\n', problems)}");
        return assembly.ToArray();
    }

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, Parsing);
}
