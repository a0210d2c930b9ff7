namespace SparseTopK.Benchmarks;

/// <summary>Files that are there whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes the text under another name and moves it into place.</summary>
    public static void Write(string path, string text)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var temporary = full + ".new";
        File.WriteAllText(temporary, text);
        File.Move(temporary, full, overwrite: true);
    }
}
