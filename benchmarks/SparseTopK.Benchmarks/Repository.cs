using System.Runtime.Intrinsics.X86;

namespace SparseTopK.Benchmarks;

/// <summary>Where results go.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution, from the current one upwards; the current one where there is none.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SparseTopK.sln")))
            {
                return folder.FullName;
            }
        }

        return Environment.CurrentDirectory;
    }

    /// <summary>The processor as the name of a folder: amd-epyc-avx512, say.</summary>
    public static string Processor()
    {
        const string information = "/proc/cpuinfo";
        var line = File.Exists(information)
            ? File.ReadLines(information).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        var name = line?[(line.IndexOf(':') + 1)..] ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
        var words = string.Concat(name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : ' '))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Join('-', Avx512F.IsSupported ? words.Append("avx512") : words);
    }
}
