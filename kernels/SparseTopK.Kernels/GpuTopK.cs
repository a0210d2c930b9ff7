using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;
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
/// <para>Where a device runs out of memory for scratch, an <see cref="InsufficientMemoryException"/> says how much was asked for, and nothing was queued.
/// Errors of the device itself are ILGPU's <see cref="AcceleratorException"/>; Dispose works after either.</para>
/// </remarks>
public sealed partial class GpuTopK : IDisposable
{
    private readonly Context? _ownContext;
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

    internal GpuTopK(Accelerator accelerator, LaunchPlan plan, Context? ownContext = null)
    {
        _engine = new(accelerator, plan);
        _ownContext = ownContext;
    }

    /// <summary>The accelerator that the kernels run on.</summary>
    public Accelerator Accelerator => _engine.Accelerator;

    internal Scratch Scratch => _engine.Scratch;

    /// <summary>Prepares the operators for the best accelerator there is: the first CUDA device, else the first OpenCL device with float64
    /// (a GPU before a processor), else ILGPU's simulation on the CPU, which is for debugging.</summary>
    /// <param name="report">Is told which accelerator is taken, and why a better kind was not.</param>
    /// <returns>The operators, which own their accelerator: disposing of them disposes of it.</returns>
    public static GpuTopK CreateBest(Action<string>? report = null)
    {
        var context = BestDevice.Open(out var device, out var explanation);
        try
        {
            report?.Invoke(explanation);
            return new GpuTopK(device.CreateAccelerator(context), context);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Gives back the kernels and the scratch memory, and the accelerator where <see cref="CreateBest"/> opened it. It waits for what
    /// is queued. No other call may be under way.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
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
        if (_ownContext is not null)
        {
            Accelerator.Dispose();
            _ownContext.Dispose();
        }
    }

    private GpuTopK(Accelerator accelerator, Context ownContext)
        : this(accelerator, LaunchPlan.For(accelerator), ownContext)
    {
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
