using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using SparseTopK.FakeCuda.Translation;

namespace SparseTopK.FakeCuda;

/// <summary>The kernels that were translated, which are compiled while the program goes on: the first launch waits.</summary>
internal sealed class KernelLibraries(Toolchain toolchain)
{
    private static readonly SemaphoreSlim Compilers = new(Environment.ProcessorCount);

    private readonly ConcurrentDictionary<(string Code, bool Contracts), Lazy<Task<IntPtr>>> _compiled = new();
    private readonly List<Task<IntPtr>> _entries = [];

    /// <summary>Translates a module and starts to compile it.</summary>
    public (int Id, TranslatedKernel Kernel) Translate(string ptx, bool contracts)
    {
        var kernel = KernelWriter.Translate(ptx);
        var entry = _compiled.GetOrAdd((kernel.Code, contracts), key => new(() => Task.Run(() => CompileAsync(key.Code, key.Contracts))));
        lock (_entries)
        {
            _entries.Add(entry.Value);
            return (_entries.Count - 1, kernel);
        }
    }

    /// <summary>The function of C that runs a thread of a kernel.</summary>
    public IntPtr EntryOf(int id)
    {
        Task<IntPtr> entry;
        lock (_entries)
        {
            entry = _entries[id];
        }

        return entry.GetAwaiter().GetResult();
    }

    private async Task<IntPtr> CompileAsync(string code, bool contracts)
    {
        await Compilers.WaitAsync().ConfigureAwait(false);
        try
        {
            return NativeLibrary.GetExport(NativeLibrary.Load(toolchain.BuildKernel(code, contracts)), "kernel");
        }
        finally
        {
            Compilers.Release();
        }
    }
}
