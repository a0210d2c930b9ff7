using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace SparseTopK.Kernels.Tests;

/// <summary>An OpenCL device for kernels of whole groups, with barriers in loops.</summary>
/// <remarks>On a processor the operators give each row to one thread. PoCL's default way of running groups ends the process on such
/// kernels; with POCL_WORK_GROUP_METHOD=cbs it runs them.</remarks>
public sealed class OpenClGroupDevices : IDevices
{
    public static string? Missing { get; } = OpenClDevices.Missing ?? WhyNoGroups();

    public static (Context Context, Accelerator Accelerator) Open() => OpenClDevices.Open();

    private static string? WhyNoGroups()
    {
        var (context, accelerator) = OpenClDevices.Open();
        using (context)
        using (accelerator)
        {
            var isProcessor = accelerator is CLAccelerator { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };
            return isProcessor && Environment.GetEnvironmentVariable("POCL_WORK_GROUP_METHOD") != "cbs"
                ? "The OpenCL device is a processor: set POCL_WORK_GROUP_METHOD=cbs."
                : null;
        }
    }
}
