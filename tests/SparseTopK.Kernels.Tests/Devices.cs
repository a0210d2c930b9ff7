using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using SparseTopK.FakeCuda;
using SparseTopK.Kernels.Cuda;

namespace SparseTopK.Kernels.Tests;

/// <summary>A kind of accelerator: how to open one, or why there is none.</summary>
public interface IDevices
{
    /// <summary>The reason for which the tests are skipped, or null.</summary>
    static abstract string? Missing { get; }

    static abstract (Context Context, Accelerator Accelerator) Open();
}

/// <summary>ILGPU's simulation on the CPU: always there, and slow.</summary>
public sealed class CpuDevices : IDevices
{
    public static string? Missing => null;

    public static (Context Context, Accelerator Accelerator) Open() => Devices.OpenFirst<CPUDevice>(b => b.CPU());
}

/// <summary>ILGPU's simulation for suites of many launches, which take minutes there: only where the stand-in for CUDA, which is faster, is not.</summary>
public sealed class FallbackCpuDevices : IDevices
{
    public static string? Missing { get; } = StandInDevices.Missing is null ? "The stand-in for CUDA runs this suite." : null;

    public static (Context Context, Accelerator Accelerator) Open() => CpuDevices.Open();
}

/// <summary>Any OpenCL device that has float64.</summary>
public sealed class OpenClDevices : IDevices
{
    public static string? Missing { get; } = Devices.WhyNot(Open);

    public static (Context Context, Accelerator Accelerator) Open() =>
        Devices.OpenFirst<CLDevice>(b => b.OpenCL(device => device.Capabilities.Float64));
}

/// <summary>An OpenCL device that compiles barriers inside loops: any GPU; PoCL, where its environment says so.</summary>
public sealed class OpenClGroupDevices : IDevices
{
    public static string? Missing { get; } = OpenClDevices.Missing ?? WhyNot();

    public static (Context Context, Accelerator Accelerator) Open() => OpenClDevices.Open();

    private static string? WhyNot()
    {
        var isProcessor = Shared<OpenClDevices>.Accelerator is CLAccelerator { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };
        return isProcessor && Environment.GetEnvironmentVariable("POCL_WORK_GROUP_METHOD") != "cbs"
            ? "On a processor, group kernels are tested with POCL_WORK_GROUP_METHOD=cbs alone."
            : null;
    }
}

/// <summary>The first CUDA device: a GPU, or the stand-in.</summary>
public sealed class CudaDevices : IDevices
{
    public static string? Missing { get; } = StandInDevices.WhyNot(Open);

    public static (Context Context, Accelerator Accelerator) Open()
    {
        // Before ILGPU looks for the driver on its own, which it does once.
        return CudaDriver.WhyMissing(0) is { } reason ? throw new NotSupportedException(reason) : Devices.OpenFirst<CudaDevice>(b => b.Cuda());
    }
}

/// <summary>A GPU alone, for what would only repeat on the stand-in what it has shown in another element type.</summary>
public sealed class GpuDevices : IDevices
{
    public static string? Missing { get; } = StandInDevices.Missing is null
        ? "On the stand-in this contract runs in one element type; on a GPU it runs in both."
        : CudaDevices.Missing;

    public static (Context Context, Accelerator Accelerator) Open() => CudaDevices.Open();
}

/// <summary>The stand-in that rounds a * b + c once, as NVIDIA's assembler does where it can: another rounding, which must change nothing that a
/// test asks for.</summary>
public sealed class ContractingCudaDevices : IDevices
{
    public static string? Missing { get; } = StandInDevices.Missing ?? (Fma.IsSupported ? StandInDevices.WhyNot(Open) : "This processor has no FMA.");

    public static (Context Context, Accelerator Accelerator) Open() => Devices.OpenFirst<CudaDevice>(b => b.Cuda(device => device.DeviceId == 1));
}

/// <summary>The stand-in for CUDA, which this assembly installs before anything looks for the driver.</summary>
internal static class StandInDevices
{
    /// <summary>Why it is not used, or null.</summary>
    public static string? Missing { get; } = StandIn.Install();

    /// <summary>Why there is no CUDA device. Where the stand-in is required there is always one, so that its tests fail and are not skipped.</summary>
    public static string? WhyNot(Func<(Context Context, Accelerator Accelerator)> open) =>
        StandIn.IsRequired ? null : Devices.WhyNot(open) is { } reason ? $"{reason}. {Missing}" : null;

#pragma warning disable CA2255 // ILGPU looks for the driver once, at the first test that asks for any device.
    [ModuleInitializer]
    internal static void Install() => StandIn.Install();
#pragma warning restore CA2255
}

/// <summary>One accelerator of a kind, and the operators on it by the plan of a test: opened once, for kernels take long to compile.</summary>
internal static class Shared<TDevices>
    where TDevices : IDevices
{
    private static readonly Lazy<Accelerator> Opened = new(() => TDevices.Open().Accelerator);
    private static readonly Dictionary<Spread, GpuTopK> Operators = [];

    public static Accelerator Accelerator => Opened.Value;

    public static GpuTopK By(Spread spread)
    {
        lock (Operators)
        {
            if (!Operators.TryGetValue(spread, out var kernels))
            {
                Operators.Add(spread, kernels = new(Accelerator, Spreads.Plan(spread, Accelerator)));
            }

            return kernels;
        }
    }
}

internal static class Devices
{
    public static (Context Context, Accelerator Accelerator) OpenFirst<TDevice>(Action<Context.Builder> devices)
        where TDevice : Device
    {
        var context = Context.Create(devices);
        try
        {
            var device = context.Devices.OfType<TDevice>().FirstOrDefault()
                ?? throw new NotSupportedException($"there is no {typeof(TDevice).Name} with float64");
            return (context, device.CreateAccelerator(context));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    public static string? WhyNot(Func<(Context Context, Accelerator Accelerator)> open)
    {
        try
        {
            var (context, accelerator) = open();
            accelerator.Dispose();
            context.Dispose();
            return null;
        }
#pragma warning disable CA1031 // Whatever the loader or the driver throws is the reason.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return $"No device: {error.GetBaseException().Message}";
        }
    }
}
