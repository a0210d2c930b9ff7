using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <summary>A kernel of one accelerator: compiled and loaded at its first use, then kept.</summary>
/// <typeparam name="TLauncher">The stream, the <see cref="ILGPU.KernelConfig"/>, and the parameters of the kernel.</typeparam>
internal sealed class LoadedKernel<TLauncher>(Accelerator accelerator, Delegate kernel) : IDisposable
    where TLauncher : Delegate
{
    private Kernel? _loaded;
    private TLauncher? _launcher;
    private bool _disposed;

    public TLauncher Launcher
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(GpuTopK));
            return _launcher ??= Load();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _launcher = null;
        _loaded?.Dispose();
        _loaded = null;
    }

    private TLauncher Load()
    {
        // Not by Accelerator.LoadKernel(MethodInfo), whose kernels belong to the accelerator's cache and are not ours to dispose of.
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method);
        _loaded = accelerator.LoadKernel(accelerator.CompileKernel(entry));
        return _loaded.CreateLauncherDelegate<TLauncher>();
    }
}
