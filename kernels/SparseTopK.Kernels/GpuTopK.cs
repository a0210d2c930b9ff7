using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;
using SparseTopK.Kernels.Cuda;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels;

/// <summary>The operators on an ILGPU accelerator: CUDA, OpenCL with float64, or ILGPU's own simulation on the CPU.</summary>
/// <remarks>
/// <para>Methods have the names of the core's: <c>MaskForward</c> is <see cref="TopKMask"/>.Forward on views of device memory. T is float,
/// double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>; sums and roots are in float64 whatever T is.</para>
/// <para>A kernel is compiled at its first use and kept. Launches return at once, in the order of their stream: synchronize the stream
/// before reading a result. Views must stay alive until then.</para>
/// <para>Threads: any number of threads may call one instance at a time, on streams of their own or on one that they share. They take turns to
/// queue, so that the launches of one operation are never mixed with those of another; what is queued on different streams may run side by
/// side. What an operation needs of scratch memory is pooled for each stream.</para>
/// <para>Sums are added in an order that depends on the device and on the shape alone: the same call gives the same bits every time, and
/// agrees with the core to rounding.</para>
/// <para>CUDA: each call makes the accelerator's context current on its thread, and then again what was current before, so that another library
/// of the thread is not disturbed. <see cref="ForCudaDevice"/> works in the context of that library.</para>
/// <para>Where a device runs out of memory for scratch, an <see cref="InsufficientMemoryException"/> says how much was asked for, and nothing was queued.
/// Errors of the device itself are ILGPU's <see cref="AcceleratorException"/>; Dispose works after either.</para>
/// </remarks>
public sealed partial class GpuTopK : IDisposable
{
    private readonly IDisposable? _owner;
    private readonly Engine _engine;
    private bool _disposed;

    /// <summary>Prepares the operators for an accelerator. It stays the caller's: dispose of this first.</summary>
    /// <param name="accelerator">The accelerator.</param>
    /// <exception cref="ArgumentNullException">accelerator is null.</exception>
    /// <exception cref="ObjectDisposedException">accelerator was disposed of.</exception>
    /// <exception cref="NotSupportedException">The OpenCL device has no float64.</exception>
    public GpuTopK(Accelerator accelerator)
        : this(Checked(accelerator), LaunchPlan.For(accelerator), null)
    {
    }

    internal GpuTopK(Accelerator accelerator, LaunchPlan plan, IDisposable? owner = null, Func<long, nint>? lend = null)
    {
        _engine = new(accelerator, plan, lend);
        _owner = owner;
    }

    /// <summary>The accelerator that the kernels run on.</summary>
    public Accelerator Accelerator => _engine.Accelerator;

    internal Scratch Scratch => _engine.Scratch;

    /// <summary>Prepares the operators for the best accelerator there is: the first CUDA device, else the first OpenCL device with float64
    /// (a GPU before a processor), else ILGPU's simulation on the CPU, which is for debugging.</summary>
    /// <param name="report">Is told which accelerator is taken, and why a better kind was not: for CUDA that its driver is not found or does
    /// not start, that there is no device, or that ILGPU does not know it.</param>
    /// <returns>The operators, which own their accelerator: disposing of them disposes of it.</returns>
    public static GpuTopK CreateBest(Action<string>? report = null)
    {
        var best = BestDevice.Open();
        try
        {
            report?.Invoke(best.Explanation);
            return new GpuTopK(best.Accelerator, LaunchPlan.For(best.Accelerator), best.Owner);
        }
        catch
        {
            best.Owner.Dispose();
            throw;
        }
    }

    /// <summary>Gives back the kernels and the scratch memory, and the accelerator where <see cref="CreateBest"/> or <see cref="ForCudaDevice"/>
    /// opened it. It waits for what is queued. No other call may be under way.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        EndKernels();
        _owner?.Dispose();
    }

    private void EndKernels()
    {
        using var scope = CudaScope.Enter(Accelerator);
        if (!Accelerator.IsDisposed)
        {
            try
            {
                Accelerator.Synchronize();
            }
            catch (AcceleratorException)
            {
                // The device is lost: there is nothing left to wait for.
            }
        }

        _engine.Dispose();
    }

    private static Accelerator Checked(Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        ObjectDisposedException.ThrowIf(accelerator.IsDisposed, accelerator);
        return accelerator.Capabilities is not CLCapabilityContext { Float64: false }
            ? accelerator
            : throw new NotSupportedException($"The device {accelerator.Name} has no float64, which every kernel needs for its sums.");
    }
}
