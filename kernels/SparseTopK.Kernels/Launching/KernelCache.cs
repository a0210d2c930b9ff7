using System.Reflection;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Launching;

/// <summary>The kernels of one accelerator: each is compiled and loaded at its first use, then kept.</summary>
/// <remarks>Whoever asks for one holds <see cref="Engine.Queueing"/>.</remarks>
internal sealed class KernelCache(Accelerator accelerator) : IDisposable
{
    private readonly Dictionary<MethodInfo, (Kernel Kernel, Delegate Launcher)> _kernels = [];
    private bool _disposed;

    /// <summary>What launches a kernel.</summary>
    /// <typeparam name="TLauncher">The stream, the <see cref="ILGPU.KernelConfig"/>, and the parameters of the kernel.</typeparam>
    /// <param name="kernel">The static method.</param>
    public TLauncher Get<TLauncher>(Delegate kernel)
        where TLauncher : Delegate
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(GpuTopK));
        if (!_kernels.TryGetValue(kernel.Method, out var entry))
        {
            // Not by Accelerator.LoadKernel(MethodInfo), whose kernels belong to the accelerator's cache and are not ours to dispose of.
            var description = EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method);
            var loaded = accelerator.LoadKernel(accelerator.CompileKernel(description));
            entry = (loaded, loaded.CreateLauncherDelegate<TLauncher>());
            _kernels.Add(kernel.Method, entry);
        }

        return (TLauncher)entry.Launcher;
    }

    public void Dispose()
    {
        _disposed = true;
        foreach (var (kernel, _) in _kernels.Values)
        {
            kernel.Dispose();
        }

        _kernels.Clear();
    }
}
