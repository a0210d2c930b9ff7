using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>How the functions of this package compute on CUDA tensors.</summary>
/// <remarks>
/// <para>On a CUDA tensor the kernels of SparseTopK.Kernels run in libtorch's own context, on the tensor's memory and on libtorch's current
/// stream: nothing passes through the host, and no call waits for the device. Each device is tested once, at its first use, by a small mask
/// whose scores libtorch writes and whose result it reads; that waits for the device.</para>
/// <para>If they cannot be had, torch operations compute the same, more slowly. The reason goes to <see cref="System.Diagnostics.Trace"/>
/// once for each device, and <see cref="WhyMissing"/> returns it.</para>
/// <para>Isotonic regression with a term of an exponent other than 2 and 4/3 has no kernel, nor have derivatives that are differentiated
/// again: there torch operations compute in any case. All members are thread-safe.</para>
/// </remarks>
public static class CudaKernels
{
    private static volatile KernelUse _use;

    /// <summary>What is taken from the next call on; <see cref="KernelUse.Automatic"/> unless it is set. A backward pass takes what its forward
    /// pass took.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of <see cref="KernelUse"/>.</exception>
    public static KernelUse Use
    {
        get => _use;
        set => _use = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such use.");
    }

    /// <summary>Why the kernels cannot be had on a CUDA device, or null where they can, whatever <see cref="Use"/> is.</summary>
    /// <param name="device">The device, as libtorch counts them.</param>
    /// <returns>For instance that the library of the driver is not found.</returns>
    /// <exception cref="ArgumentOutOfRangeException">device is negative.</exception>
    public static string? WhyMissing(int device = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(device);
        return Cuda.DeviceKernels.Of(new Device(DeviceType.CUDA, device)).WhyMissing;
    }
}
