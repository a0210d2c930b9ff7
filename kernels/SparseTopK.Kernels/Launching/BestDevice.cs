using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace SparseTopK.Kernels.Launching;

/// <summary>The best device of the machine.</summary>
internal static class BestDevice
{
    public static Context Open(out Device device, out string explanation)
    {
        var context = Context.Create(builder => builder.Cuda().OpenCL(d => d.Capabilities.Float64).CPU());
        var best = Rank(context.Devices);
        device = best.Device;
        explanation = best.Kind switch
        {
            AcceleratorType.Cuda => $"CUDA: {device.Name}.",
            AcceleratorType.OpenCL => $"OpenCL: {device.Name}. There is no CUDA device.",
            _ => $"ILGPU's simulation on the CPU ({device.Name}), which is slow. There is no CUDA device, and no OpenCL device with float64.",
        };
        return context;
    }

    internal static (Device Device, AcceleratorType Kind) Rank(IEnumerable<Device> devices)
    {
        var best = devices.OrderBy(d => d switch
        {
            CudaDevice => 0,
            CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_GPU } => 1,
            CLDevice => 2,
            _ => 3,
        }).First();
        return (best, best.AcceleratorType);
    }
}
