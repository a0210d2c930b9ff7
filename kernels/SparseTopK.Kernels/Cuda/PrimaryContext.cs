using System.Runtime.ExceptionServices;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace SparseTopK.Kernels.Cuda;

/// <summary>An ILGPU accelerator in the primary context of its device: the one of the CUDA runtime, and so of libtorch.</summary>
/// <remarks>
/// <para>ILGPU makes a context of its own, whose kernels cannot read the memory of another. Everything in ILGPU takes the context from
/// <see cref="ILGPU.Runtime.Accelerator.NativePtr"/>: with the primary context there, kernels are loaded into it, memory is allocated in it,
/// and stream 0 is its legacy default stream.</para>
/// <para>ILGPU's own context is destroyed at once, for each takes some hundred megabytes of the device. It is made, and the accelerator is
/// ended, on threads of their own, so that no context of the caller's thread is touched.</para>
/// </remarks>
internal sealed class PrimaryContext : IDisposable
{
    /// <summary>Keeps each instance from the finalizers of ILGPU, which would destroy the primary context, until it is disposed of.</summary>
    private static readonly HashSet<PrimaryContext> Alive = [];

    private readonly Context _context;
    private readonly int _device;

    private PrimaryContext(CudaDevice device)
    {
        _device = device.DeviceId;
        _context = Context.Create(_ => { });
        Accelerator = device.CreateCudaAccelerator(_context);
        var own = Accelerator.NativePtr;
        try
        {
            IlgpuState.SetContext(Accelerator, CudaDriver.RetainPrimary(_device));
        }
        catch
        {
            Accelerator.Dispose();
            _context.Dispose();
            throw;
        }

        CudaDriver.DestroyContext(own);
    }

    public CudaAccelerator Accelerator { get; }

    public static PrimaryContext Open(CudaDevice device)
    {
        PrimaryContext? opened = null;
        OnOwnThread(() => opened = new(device));
        lock (Alive)
        {
            Alive.Add(opened!);
        }

        return opened!;
    }

    public void Dispose()
    {
        lock (Alive)
        {
            if (!Alive.Remove(this))
            {
                return;
            }
        }

        OnOwnThread(() =>
        {
            // ILGPU destroys the context of an accelerator that ends.
            IlgpuState.SetContext(Accelerator, CudaDriver.CreateContext(_device));
            Accelerator.Dispose();
            _context.Dispose();
            CudaDriver.ReleasePrimary(_device);
        });
    }

    private static void OnOwnThread(Action action)
    {
        ExceptionDispatchInfo? error = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
#pragma warning disable CA1031 // It is thrown again on the caller's thread.
            catch (Exception caught)
#pragma warning restore CA1031
            {
                error = ExceptionDispatchInfo.Capture(caught);
            }
        });
        thread.Start();
        thread.Join();
        error?.Throw();
    }
}
