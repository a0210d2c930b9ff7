using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace SparseTopK.Kernels.Cuda;

/// <summary>The memory of a CUDA context as one buffer that starts at address 0: a view of any memory in it costs no allocation.</summary>
/// <remarks>Nothing in it is freed from here.</remarks>
internal sealed class ForeignMemory(Accelerator accelerator) : MemoryBuffer(accelerator, long.MaxValue, 1)
{
    public ArrayView<T> View<T>(nint address, long length)
        where T : unmanaged => length == 0 ? ArrayView<T>.Empty : new(this, address / Interop.SizeOf<T>(), length);

    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaMemSet(stream as CudaStream, value, targetView);

    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaCopy(stream as CudaStream, sourceView, targetView);

    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaCopy(stream as CudaStream, sourceView, targetView);

    protected override void DisposeAcceleratorObject(bool disposing)
    {
    }
}
