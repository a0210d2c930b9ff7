namespace SparseTopK.Experiments.Running;

/// <summary>Files that are there completely or not at all, whenever the program ends.</summary>
internal static class AtomicFile
{
    public static void Write(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var unfinished = path + ".part";
        using (var stream = File.Create(unfinished))
        {
            write(stream);
        }

        File.Move(unfinished, path, overwrite: true);
    }

    public static void Write(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    });
}
