namespace SparseTopK.TestKit.Documents;

/// <summary>A document of the repository; this assembly holds them all as resources.</summary>
/// <param name="Path">Its path in the repository, with slashes.</param>
/// <param name="Text">All of it; lines end in \n.</param>
public sealed record MarkdownFile(string Path, string Text)
{
    private const string Folder = "documents/";

    /// <summary>Every document.</summary>
    public static IReadOnlyList<MarkdownFile> All { get; } =
    [
        .. from name in typeof(MarkdownFile).Assembly.GetManifestResourceNames()
           let path = name.Replace('\\', '/')
           where path.StartsWith(Folder, StringComparison.Ordinal)
           orderby path
           select new MarkdownFile(path[Folder.Length..], Read(name)),
    ];

    /// <summary>The document at a path.</summary>
    public static MarkdownFile At(string path) => All.Single(document => document.Path == path);

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(MarkdownFile).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
