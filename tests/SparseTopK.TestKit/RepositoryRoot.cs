namespace SparseTopK.TestKit;

/// <summary>The folder of SparseTopK.sln, from the tests' assemblies upwards.</summary>
public static class RepositoryRoot
{
    /// <summary>A path in the repository.</summary>
    /// <exception cref="DirectoryNotFoundException">The tests run outside the repository.</exception>
    public static string Path(params ReadOnlySpan<string> parts)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "SparseTopK.sln")))
            {
                return System.IO.Path.Combine([folder.FullName, .. parts]);
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds SparseTopK.sln.");
    }
}
