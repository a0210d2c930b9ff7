using System.Diagnostics;
using Xunit;

namespace SparseTopK.TestKit.Packages;

/// <summary>Runs commands as a person at a console would.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs dotnet and returns what it printed; the test fails where the command does.</summary>
    public static string Run(string folder, params string[] arguments)
    {
        var (succeeded, output) = Try("dotnet", folder, arguments);
        Assert.True(succeeded, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    /// <summary>Runs a program to its end: whether it succeeded, and what it printed, errors included.</summary>
    public static (bool Succeeded, string Output) Try(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What the MSBuild that runs the tests tells its children is not for others.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        return (process.ExitCode == 0, output.Result.ReplaceLineEndings("\n") + errors.Result.ReplaceLineEndings("\n"));
    }
}
