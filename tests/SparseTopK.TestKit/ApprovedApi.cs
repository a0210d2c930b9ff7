using System.Reflection;
using PublicApiGenerator;
using Xunit;

namespace SparseTopK.TestKit;

/// <summary>A package's public surface is the one in its PublicApi.txt, so that every change to it shows in a diff.</summary>
public static class ApprovedApi
{
    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    /// <summary>Where the surface differs, the test fails, and PublicApi.received.txt beside the approved file has what is now there.</summary>
    /// <param name="assembly">The package's assembly.</param>
    /// <param name="project">Its project's folder in the repository.</param>
    public static void AssertHeld(Assembly assembly, string project)
    {
        var approved = RepositoryRoot.Path(project, "PublicApi.txt");
        var received = RepositoryRoot.Path(project, "PublicApi.received.txt");
        var surface = assembly.GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";
        File.Delete(received);
        if (!File.Exists(approved) || File.ReadAllText(approved).ReplaceLineEndings("\n") != surface)
        {
            File.WriteAllText(received, surface);
            Assert.Fail($"The public surface of {assembly.GetName().Name} has changed. If it should, move {received} to {approved}.");
        }
    }
}
