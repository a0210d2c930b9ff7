using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels;
using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;
using Device = TorchSharp.torch.Device;

namespace SparseTopK.Torch.Cuda;

/// <summary>The kernels on one device, on libtorch's memory and streams; opened once, and never closed.</summary>
internal sealed class DeviceKernels
{
    private static readonly ConcurrentDictionary<(DeviceType Type, int Index), Lazy<Opened>> All = [];

    private readonly Device _device;
    private readonly GpuTopK _operators;

    private DeviceKernels(Device device)
    {
        _device = device;

        // A tensor of the scope around the call: libtorch gives its memory to nobody but what is queued after the call on the same stream.
        _operators = GpuTopK.ForCudaDevice(Math.Max(0, device.index), bytes => TensorMemory.Address(empty([bytes], ScalarType.Byte, device)));
    }

    public GpuTopK Operators => _operators;

    /// <summary>libtorch's current stream on this thread.</summary>
    public AcceleratorStream Stream => _operators.StreamOf(CurrentStream.On(_device));

    /// <summary>The path through a device's kernels, or why there is none. The device of the CPU stands for a driver whose memory is the host's.</summary>
    public static Opened Of(Device device) => All.GetOrAdd((device.type, device.index), _ => new(() => Open(device))).Value;

    /// <summary>The memory of a contiguous tensor of this device.</summary>
    public ArrayView<T> View<T>(Tensor tensor)
        where T : unmanaged
    {
        var length = tensor.numel();
        return length == 0 ? ArrayView<T>.Empty : _operators.ViewOf<T>(TensorMemory.Address(tensor), length);
    }

    private static Opened Open(Device device)
    {
        string reason;
        try
        {
            var path = Create(device);
            reason = SelfTest(path, device) ?? string.Empty;
            if (reason.Length == 0)
            {
                return new(path, null);
            }
        }
#pragma warning disable CA1031 // Whatever is missing, torch operations take over.
        catch (Exception error)
#pragma warning restore CA1031
        {
            reason = error.GetBaseException().Message;
        }

        Trace.TraceWarning($"{nameof(SparseTopK)}: torch operations compute on {device}, for its kernels cannot be had: {reason}");
        return new(null, reason);
    }

    /// <summary>A method of its own: where ILGPU is missing, it cannot be compiled.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static KernelPath Create(Device device) => new(new(device));

    /// <summary>A mask whose scores libtorch writes, whose result the kernel writes and libtorch reads: null, or what was wrong with it.</summary>
    private static string? SelfTest(KernelPath path, Device device)
    {
        using var graph = no_grad();
        using var scope = NewDisposeScope();
        float[] scores = [0, 2.0f, 1.2f, 1.0f, -0.5f];
        var arguments = new TopKArguments(4, 2, PNorm.Quadratic(0.5), TopKSolver.Threshold);
        var x = tensor(scores, device: device).narrow(0, 1, 4).unsqueeze(0);
        var mask = path.Mask(x, null, arguments).cpu().data<float>().ToArray();
        var expected = TopKMask.Forward<float>(scores.AsSpan(1), 2, arguments.Norm);
        return expected.Zip(mask).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6) ? null
            : $"in the self-test the mask was [{string.Join(", ", mask)}], not [{string.Join(", ", expected)}].";
    }

    /// <summary>One of both.</summary>
    internal sealed record Opened(IComputePath? Path, string? WhyMissing);
}
