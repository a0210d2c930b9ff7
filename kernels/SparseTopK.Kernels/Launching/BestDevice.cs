using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;
using SparseTopK.Kernels.Cuda;

namespace SparseTopK.Kernels.Launching;

/// <summary>The best device of the machine, opened.</summary>
/// <param name="Accelerator">Its accelerator.</param>
/// <param name="Owner">What ends the accelerator and all that it needs.</param>
/// <param name="Explanation">Which one it is, and why a better kind was not taken.</param>
internal sealed record BestDevice(Accelerator Accelerator, IDisposable Owner, string Explanation)
{
    public static BestDevice Open()
    {
        if (CudaDriver.Devices() is [var cuda, ..])
        {
            var primary = PrimaryContext.Open(cuda);
            return new(primary.Accelerator, primary, $"CUDA: {cuda.Name}.");
        }

        var whyNoCuda = CudaDriver.WhyMissing(0);
        var context = Context.Create(builder => builder.OpenCL(d => d.Capabilities.Float64).CPU());
        try
        {
            var device = Best(context.Devices);
            var explanation = device.AcceleratorType == AcceleratorType.OpenCL ? $"OpenCL: {device.Name}."
                : $"ILGPU's simulation on the CPU ({device.Name}), which is slow. There is no OpenCL device with float64.";
            var accelerator = device.CreateAccelerator(context);
            return new(accelerator, new OpenedAccelerator(accelerator, context), $"{explanation} No CUDA: {whyNoCuda}");
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private static Device Best(IEnumerable<Device> devices) => devices.OrderBy(device => device switch
    {
        CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_GPU } => 0,
        CLDevice => 1,
        _ => 2,
    }).First();

    private sealed class OpenedAccelerator(Accelerator accelerator, Context context) : IDisposable
    {
        public void Dispose()
        {
            accelerator.Dispose();
            context.Dispose();
        }
    }
}
