using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
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

public sealed class CudaDevices : IDevices
{
    public static string? Missing { get; } = Devices.WhyNot(Open);

    public static (Context Context, Accelerator Accelerator) Open()
    {
        // Before ILGPU looks for the driver on its own, which it does once.
        return CudaDriver.WhyMissing(0) is { } reason ? throw new NotSupportedException(reason) : Devices.OpenFirst<CudaDevice>(b => b.Cuda());
    }
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
