using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace SparseTopK.Kernels.Cuda;

/// <summary>Until it is disposed of, the context of a CUDA accelerator is current on this thread; then what was current before.</summary>
/// <remarks>ILGPU leaves a context current, and remembers that it has done so: another library of the same thread would go on in the wrong
/// context, or ILGPU itself where the other one changed it. On other accelerators this does nothing.</remarks>
internal readonly ref struct CudaScope
{
    private readonly bool _isEntered;
    private readonly Accelerator? _before;

    private CudaScope(Accelerator? before) => (_isEntered, _before) = (true, before);

    public static CudaScope Enter(Accelerator accelerator)
    {
        if (accelerator is not CudaAccelerator || accelerator.IsDisposed)
        {
            return default;
        }

        var before = Accelerator.Current;
        CudaDriver.Push(accelerator.NativePtr);
        IlgpuState.SetCurrent(accelerator);
        return new(before);
    }

    public void Dispose()
    {
        if (_isEntered)
        {
            IlgpuState.SetCurrent(_before);
            CudaDriver.Pop();
        }
    }
}
