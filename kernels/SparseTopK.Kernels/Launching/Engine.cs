using ILGPU.Runtime;

namespace SparseTopK.Kernels.Launching;

/// <summary>What launching needs to know of an accelerator: its kernels, its scratch memory, and how rows are spread over it.</summary>
internal sealed class Engine(Accelerator accelerator, LaunchPlan plan) : IDisposable
{
    public Accelerator Accelerator { get; } = accelerator;

    public LaunchPlan Plan { get; } = plan;

    public KernelCache Kernels { get; } = new(accelerator);

    public Scratch Scratch { get; } = new(accelerator);

    public void Dispose()
    {
        Kernels.Dispose();
        Scratch.Dispose();
    }
}
