using ILGPU.Runtime;

namespace SparseTopK.Kernels.Launching;

/// <summary>What launching needs to know of an accelerator: its kernels, its scratch memory, and how rows are spread over it.</summary>
internal sealed class Engine(Accelerator accelerator, LaunchPlan plan) : IDisposable
{
    public Accelerator Accelerator { get; } = accelerator;

    public LaunchPlan Plan { get; } = plan;

    public KernelCache Kernels { get; } = new(accelerator);

    public Scratch Scratch { get; } = new(accelerator);

    /// <summary>Held while an operation is queued: its launches stay together, and no two threads set the arguments of one OpenCL kernel.</summary>
    public Lock Queueing { get; } = new();

    public void Dispose()
    {
        lock (Queueing)
        {
            Kernels.Dispose();
            Scratch.Dispose();
        }
    }
}
