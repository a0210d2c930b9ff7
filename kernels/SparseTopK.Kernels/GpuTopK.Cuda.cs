using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using SparseTopK.Kernels.Cuda;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels;

/// <content>CUDA beside another library: its context, its memory and its streams.</content>
public sealed partial class GpuTopK
{
    /// <summary>Prepares the operators for a CUDA device, in the device's primary context: that of the CUDA runtime, and so of libtorch.</summary>
    /// <param name="ordinal">The device, as CUDA counts them.</param>
    /// <param name="scratch">Lends memory of the device to one call: given a number of bytes, it returns an address, where so many bytes must stay
    /// for what the call queues on its stream. Null: the instance allocates a block for each stream and keeps it, and waits for the stream
    /// where the block must grow.</param>
    /// <returns>The operators, which own their accelerator: disposing of them disposes of it, and leaves the primary context to the others.</returns>
    /// <remarks>Memory and streams of the other library are used through <see cref="ViewOf{T}"/> and <see cref="StreamOf"/>. Any thread may call;
    /// what was current on it is current again afterwards.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">ordinal is negative.</exception>
    /// <exception cref="NotSupportedException">There is no such device. The message says why: the driver is not found or does not start, it has
    /// fewer devices, or ILGPU does not know the device.</exception>
    public static GpuTopK ForCudaDevice(int ordinal = 0, Func<long, nint>? scratch = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        var device = CudaDriver.Devices().FirstOrDefault(device => device.DeviceId == ordinal)
            ?? throw new NotSupportedException(CudaDriver.WhyMissing(ordinal));
        var primary = PrimaryContext.Open(device);
        try
        {
            return new(primary.Accelerator, LaunchPlan.For(primary.Accelerator), primary, scratch);
        }
        catch
        {
            primary.Dispose();
            throw;
        }
    }

    /// <summary>Memory that another library has allocated in the context of this CUDA accelerator, as a view.</summary>
    /// <typeparam name="T">The type of an entry.</typeparam>
    /// <param name="address">Where it starts: a multiple of the size of T. It is not read if length is 0.</param>
    /// <param name="length">How many T there are.</param>
    /// <returns>A view, for which nothing is allocated. The memory must stay until what was queued with it has run: nothing here keeps it.</returns>
    /// <exception cref="ArgumentException">address is not above 0, or no multiple of the size of T, or length is negative. The exception names the
    /// argument. An address of other memory cannot be noticed.</exception>
    /// <exception cref="NotSupportedException">The accelerator is not of CUDA.</exception>
    /// <exception cref="ObjectDisposedException">This instance was disposed of.</exception>
    public ArrayView<T> ViewOf<T>(nint address, long length)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var foreign = _engine.Foreign ?? throw NotCuda();
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length == 0 || (address > 0 && address % Interop.SizeOf<T>() == 0)
            ? foreign.View<T>(address, length)
            : throw new ArgumentException($"The address is {address}: a multiple of {Interop.SizeOf<T>()} above 0 is needed.", nameof(address));
    }

    /// <summary>A CUDA stream that another library has made, to queue on. It is not destroyed here.</summary>
    /// <param name="stream">The handle (CUstream or cudaStream_t); 0 is the legacy default stream of the context.</param>
    /// <returns>The stream: one object for a handle, however often it is asked for.</returns>
    /// <exception cref="NotSupportedException">The accelerator is not of CUDA.</exception>
    /// <exception cref="ObjectDisposedException">This instance was disposed of.</exception>
    public AcceleratorStream StreamOf(nint stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Accelerator is not CudaAccelerator cuda ? throw NotCuda()
            : stream == 0 ? cuda.DefaultStream
            : _engine.StreamOf(cuda, stream);
    }

    private NotSupportedException NotCuda() => new($"The accelerator {Accelerator.Name} is not of CUDA.");
}
