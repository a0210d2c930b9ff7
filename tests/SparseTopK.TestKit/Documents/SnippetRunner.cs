using System.Reflection;
using System.Runtime.ExceptionServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace SparseTopK.TestKit.Documents;

/// <summary>Compiles a <see cref="Snippet"/> as the Program.cs of a new project, runs it and compares what it prints.</summary>
/// <param name="usings">The using directives that the documents tell the reader to have, without "using" and ";".</param>
public sealed class SnippetRunner(params string[] usings)
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

    /// <summary>The snippet compiles without a warning, and prints what the document says. Nothing else may write to the console meanwhile.</summary>
    public void AssertPrints(Snippet snippet)
    {
        var main = Assembly.Load(Compile(snippet)).EntryPoint!;
        var console = Console.Out;
        using var output = new StringWriter();
        try
        {
            Console.SetOut(output);
            main.Invoke(null, [Array.Empty<string>()]);
        }
        catch (TargetInvocationException thrown)
        {
            ExceptionDispatchInfo.Throw(thrown.InnerException!);
        }
        finally
        {
            Console.SetOut(console);
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
