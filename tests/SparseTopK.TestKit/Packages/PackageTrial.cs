using System.Reflection;
using System.Text.RegularExpressions;
using SparseTopK.TestKit.Documents;
using Xunit;

namespace SparseTopK.TestKit.Packages;

/// <summary>A new console project in an empty folder outside the repository, which restores the packages as they are packed and uses them.</summary>
public sealed partial class PackageTrial : IDisposable
{
    private static readonly string Configuration =
        typeof(PackageTrial).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>That of all packages.</summary>
    private static readonly string Version =
        typeof(PNorm).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly string _folder = Directory.CreateTempSubdirectory("sparsetopk-trial-").FullName;
    private readonly string _project;
    private readonly string _feed;

    /// <summary>Packs projects, and makes a project that references the package of the last.</summary>
    /// <param name="projects">Their folders in the repository, those that others need first.</param>
    /// <param name="program">The Program.cs.</param>
    /// <param name="packages">More package references: name and version.</param>
    /// <param name="files">More files: name and text.</param>
    /// <remarks>Other packages come from the machine's own cache, which gets none of ours.</remarks>
    public PackageTrial(
        IReadOnlyList<string> projects, string program, IEnumerable<(string Name, string Version)>? packages = null, IEnumerable<(string Name, string Text)>? files = null)
    {
        _feed = Path.Combine(_folder, "feed");
        foreach (var project in projects)
        {
            Pack(project);
        }

        var references = (packages ?? []).Prepend((Name: Path.GetFileName(projects[^1]), Version));
        _project = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        File.WriteAllText(Path.Combine(_project, "Program.cs"), program);
        File.WriteAllText(Path.Combine(_project, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <RestoreAdditionalProjectSources>{_feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{Path.Combine(_folder, "packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{MachinesPackages()}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references.Select(reference => $"<PackageReference Include=\"{reference.Name}\" Version=\"{reference.Version}\" />"))}
              </ItemGroup>
            </Project>
            """);
        foreach (var (file, text) in files ?? [])
        {
            File.WriteAllText(Path.Combine(_project, file), text);
        }
    }

    /// <summary>The package of the last project runs the first snippet of its page, PACKAGE.md, and that prints what the page says.</summary>
    public static void AssertPageRuns(SnippetRunner runner, IReadOnlyList<string> projects, params (string Name, string Version)[] packages)
    {
        var (program, output) = runner.First($"{projects[^1]}/PACKAGE.md");
        using var trial = new PackageTrial(projects, program, packages);
        Assert.Equal(output, trial.Run());
    }

    /// <summary>Builds the project and runs it: what it prints.</summary>
    public string Run() => Dotnet.Run(_project, "run", "-c", "Release").Trim();

    /// <summary>Publishes the project for this machine and runs what comes out: what it prints. Null, and why, where the feed lacks a package of the framework, or the machine a linker.</summary>
    public (string? Output, string Problem) Publish(params string[] properties)
    {
        var target = Path.Combine(_folder, "published");
        var (succeeded, output) = Dotnet.Try("dotnet", _project, ["publish", "-c", "Release", "--use-current-runtime", "-o", target, .. properties]);
        if (!succeeded && Missing().Match(output) is { Success: true } missing)
        {
            return (null, missing.Value);
        }

        Assert.True(succeeded, output);
        (succeeded, output) = Dotnet.Try(Path.Combine(target, OperatingSystem.IsWindows() ? "app.exe" : "app"), target);
        Assert.True(succeeded, output);
        return (output.Trim(), string.Empty);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Packs what is built already. Intermediate files go elsewhere: another test may pack the same project now.</summary>
    private void Pack(string project) => Dotnet.Run(
        RepositoryRoot.Path(project), "pack", "--no-build", "-c", Configuration, "-o", _feed, "-p:EnablePackageValidation=false", $"-p:NuspecOutputPath={_folder}/nuspec/");

    private static string MachinesPackages() => Dotnet.Run(RepositoryRoot.Path(), "nuget", "locals", "global-packages", "--list").Split(": ", 2)[1].Trim();

    [GeneratedRegex("(NU110[123]|Platform linker).*")]
    private static partial Regex Missing();
}
