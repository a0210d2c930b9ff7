using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using SparseTopK.Kernels.Cuda;

namespace SparseTopK.Kernels.Launching;

/// <summary>What launching needs to know of an accelerator: its kernels, its scratch memory, and how rows are spread over it.</summary>
internal sealed class Engine : IDisposable
{
    private readonly Dictionary<nint, AcceleratorStream> _streams = [];

    /// <param name="accelerator">The accelerator.</param>
    /// <param name="plan">How rows are spread over it.</param>
    /// <param name="lend">On a CUDA accelerator: lends scratch memory of so many bytes to one operation. Null: the engine has its own.</param>
    public Engine(Accelerator accelerator, LaunchPlan plan, Func<long, nint>? lend = null)
    {
        (Accelerator, Plan, Kernels) = (accelerator, plan, new(accelerator));
        Foreign = accelerator is CudaAccelerator ? new(accelerator) : null;
        Scratch = new(accelerator, lend is null ? null : bytes => Foreign!.View<byte>(lend(bytes), bytes));
    }

    public Accelerator Accelerator { get; }

    public LaunchPlan Plan { get; }

    public KernelCache Kernels { get; }

    public Scratch Scratch { get; }

    /// <summary>The memory of the CUDA context, whoever has allocated it; null on other accelerators.</summary>
    public ForeignMemory? Foreign { get; }

    /// <summary>Held while an operation is queued: its launches stay together, and no two threads set the arguments of one OpenCL kernel.</summary>
    public Lock Queueing { get; } = new();

    /// <summary>A CUDA stream that somebody else has made: one object for each handle.</summary>
    public AcceleratorStream StreamOf(CudaAccelerator cuda, nint stream)
    {
        lock (Queueing)
        {
            if (!_streams.TryGetValue(stream, out var known))
            {
                _streams.Add(stream, known = cuda.CreateStream(stream, responsible: false));
            }

            return known;
        }
    }

    public void Dispose()
    {
        lock (Queueing)
        {
            Kernels.Dispose();
            Scratch.Dispose();
            Foreign?.Dispose();
        }
    }
}
