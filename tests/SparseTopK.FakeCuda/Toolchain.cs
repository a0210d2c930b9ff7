using System.Diagnostics;
using System.Reflection;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace SparseTopK.FakeCuda;

/// <summary>There is no C compiler, or it does not compile.</summary>
public sealed class ToolchainException(string message) : Exception(message);

/// <summary>Compiles C. What was compiled once is kept, under the hash of what it was made from.</summary>
internal sealed class Toolchain
{
    private static readonly string[] Common = ["-w", "-shared", "-fPIC", "-fwrapv", "-fno-strict-aliasing", "-fno-math-errno"];

    private readonly string _compiler;
    private readonly string _version;
    private readonly string _folder = FindFolder();
    private string _native = "";
    private string _headerHash = "";

    public Toolchain()
    {
        string[] candidates = [Environment.GetEnvironmentVariable("CC") ?? "", "cc", "gcc", "clang"];
        foreach (var candidate in candidates.Where(name => name.Length > 0))
        {
            if (TryRun(candidate, ["--version"]) is { Code: 0, Output: var version })
            {
                (_compiler, _version) = (candidate, version);
                return;
            }
        }

        throw new ToolchainException("The stand-in for CUDA needs a C compiler: none of $CC, cc, gcc and clang runs.");
    }

    /// <summary>Builds the driver.</summary>
    /// <returns>The folder that holds libcuda.so.1 and libcuda.so.</returns>
    public string BuildDriver()
    {
        var assembly = typeof(Toolchain).Assembly;
        var names = assembly.GetManifestResourceNames().Where(name => name.StartsWith("native/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var sources = names.ToDictionary(name => name["native/".Length..], name => ReadResource(assembly, name));
        _headerHash = Hash(sources["kernel.h"]);
        _native = Path.Combine(_folder, Hash(_version + string.Concat(sources.Select(pair => pair.Key + pair.Value))));
        if (File.Exists(Path.Combine(_native, "libcuda.so")))
        {
            return _native;
        }

        var working = Directory.CreateDirectory($"{_native}.{Environment.ProcessId}").FullName;
        foreach (var (name, text) in sources)
        {
            File.WriteAllText(Path.Combine(working, name), text);
        }

        // Loaded once by their full paths, the two answer to their names from then on: the second is empty, and has the first for its symbols.
        string[] files = [.. sources.Keys.Where(name => name.EndsWith(".c", StringComparison.Ordinal)).Select(name => Path.Combine(working, name))];
        var driver = Path.Combine(working, "libcuda.so.1");
        Compile([.. Common, "-O2", "-Wl,-soname,libcuda.so.1", "-o", driver, .. files, "-lm", "-lpthread"]);
        File.WriteAllText(Path.Combine(working, "empty.c"), "");
        Compile([.. Common, "-Wl,-soname,libcuda.so", "-Wl,--no-as-needed", "-o", Path.Combine(working, "libcuda.so"), Path.Combine(working, "empty.c"), driver]);
        TryMove(working, _native);
        return _native;
    }

    /// <summary>Compiles a kernel, or finds it compiled.</summary>
    /// <param name="code">See <see cref="Translation.KernelWriter"/>.</param>
    /// <param name="contracts">Whether a product and a sum may be rounded once.</param>
    /// <returns>The path of the library.</returns>
    public string BuildKernel(string code, bool contracts)
    {
        if (contracts && !Fma.IsSupported)
        {
            throw new ToolchainException("This processor has no instruction that multiplies and adds with one rounding.");
        }

        string[] flags = [.. Common, "-O1", .. contracts ? new[] { "-mfma", "-ffp-contract=fast", "-fexpensive-optimizations" } : ["-ffp-contract=off"]];
        var path = Path.Combine(_folder, "kernels", Hash(_version + _headerHash + string.Join(' ', flags) + code));
        if (!File.Exists(path + ".so"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var working = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(working + ".c", code);
            Compile([.. flags, "-I", _native, "-o", working + ".so", working + ".c", Path.Combine(_native, "libcuda.so.1"), "-lm"]);
            File.Move(working + ".c", path + ".c", overwrite: true);
            File.Move(working + ".so", path + ".so", overwrite: true);
        }

        return path + ".so";
    }

    private void Compile(IReadOnlyList<string> arguments)
    {
        var (code, output) = TryRun(_compiler, arguments) ?? (-1, "it does not start");
        if (code != 0)
        {
            throw new ToolchainException($"{_compiler} {string.Join(' ', arguments)}: {output}");
        }
    }

    private static (int Code, string Output)? TryRun(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // What is loaded into the tests, for libtorch, is not the compiler's.
        start.Environment.Remove("LD_PRELOAD");
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Another process may have been faster, with the same files.</summary>
    private static void TryMove(string from, string to)
    {
        try
        {
            Directory.Move(from, to);
        }
        catch (IOException) when (Directory.Exists(to))
        {
            Directory.Delete(from, recursive: true);
        }
    }

    /// <summary>artifacts/fakecuda of the repository, or a folder beside the program.</summary>
    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SparseTopK.sln")))
            {
                return Path.Combine(folder.FullName, "artifacts", "fakecuda");
            }
        }

        return Path.Combine(AppContext.BaseDirectory, "fakecuda");
    }

    private static string ReadResource(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..24];
}
