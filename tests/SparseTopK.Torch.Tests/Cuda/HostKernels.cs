using System.Reflection;
using SparseTopK.FakeCuda;
using SparseTopK.Torch.Cuda;
using Xunit.Sdk;

namespace SparseTopK.Torch.Tests;

/// <summary>The path of CUDA tensors on CPU tensors, for a stand-in driver whose device memory is the host's.</summary>
internal static class HostKernels
{
    private static readonly Lazy<DeviceKernels.Opened> Opened = new(Open);

    /// <summary>Why it cannot be had, or null: where the stand-in is required, tests fail and are not skipped.</summary>
    public static string? Missing => StandIn.IsRequired && NativeTorch.Missing is null ? null : Opened.Value.WhyMissing;

    public static Functions.IComputePath Path => Opened.Value.Path ?? throw new InvalidOperationException(Missing);

    private static DeviceKernels.Opened Open()
    {
        // Where a real device goes first, it must not be handed memory of the host.
        if ((NativeTorch.Missing ?? StandIn.Install()) is { } reason)
        {
            return new(null, reason);
        }

        StandIn.AllowHostPointers(true);
        return DeviceKernels.Of(new TorchSharp.torch.Device(TorchSharp.DeviceType.CPU));
    }
}

/// <summary>One more row of a theory, whose first argument is the path: the kernels, where there is a stand-in driver.</summary>
internal sealed class KernelPathDataAttribute(params object[] others) : DataAttribute
{
    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => HostKernels.Missing is null ? [[ComputePath.Kernels, .. others]] : [];
}
