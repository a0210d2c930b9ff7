using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace SparseTopK.Kernels.Cuda;

/// <summary>The CUDA driver: its library, which ILGPU finds by the name of development packages alone, and the calls that ILGPU lacks.</summary>
internal static partial class CudaDriver
{
    private const string Library = "cuda";

    /// <summary>The names of the library. A driver installs the first; libcuda.so, which ILGPU asks for, comes with development packages.</summary>
    private static readonly string[] Names =
        OperatingSystem.IsWindows() ? ["nvcuda"] : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    private static readonly nint Handle = Names.Select(TryLoad).FirstOrDefault(handle => handle != 0);

    static CudaDriver()
    {
        NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, (name, _, _) => name == Library ? Handle : 0);

        // ILGPU's own imports have no resolver from here: there may be one alone for an assembly, and under WSL ILGPU sets it, and throws where
        // there is one. This event is raised only where its import has not been found.
        AssemblyLoadContext.GetLoadContext(typeof(Accelerator).Assembly)!.ResolvingUnmanagedDll += ForIlgpu;
    }

    /// <summary>The library where ILGPU asks for it, else 0.</summary>
    internal static nint ForIlgpu(Assembly assembly, string name) => assembly == typeof(Accelerator).Assembly && name == Library ? Handle : 0;

    /// <summary>The CUDA devices that ILGPU can compile for. Empty where there is none.</summary>
    public static IReadOnlyList<CudaDevice> Devices() =>
        [.. CudaDevice.GetDevices(device => device.InstructionSet.HasValue).OfType<CudaDevice>()];

    /// <summary>Why <see cref="Devices"/> lacks a device, or null where it has it.</summary>
    public static string? WhyMissing(int ordinal)
    {
        if (Handle == 0)
        {
            return $"The library of the CUDA driver is not found ({Names[0]}).";
        }

        if (cuInit(0) is var error && error != CudaError.CUDA_SUCCESS)
        {
            return $"The CUDA driver does not start: cuInit returned {(int)error} ({error}).";
        }

        if (cuDeviceGetCount(out var count) is var failure && failure != CudaError.CUDA_SUCCESS)
        {
            return $"The CUDA driver does not count its devices: cuDeviceGetCount returned {(int)failure} ({failure}).";
        }

        return ordinal >= count ? $"There is no CUDA device {ordinal}: the driver reports {count}."
            : Devices().Any(device => device.DeviceId == ordinal) ? null
            : $"ILGPU {typeof(Accelerator).Assembly.GetName().Version} does not accept CUDA device {ordinal}: its architecture or the driver is unknown to it, or "
                + "it looked for the driver before SparseTopK did, and did not find it.";
    }

    public static nint RetainPrimary(int device)
    {
        CudaException.ThrowIfFailed(cuDevicePrimaryCtxRetain(out var context, device));
        return context;
    }

    public static void ReleasePrimary(int device) => CudaException.ThrowIfFailed(cuDevicePrimaryCtxRelease_v2(device));

    public static nint CreateContext(int device)
    {
        CudaException.ThrowIfFailed(cuCtxCreate_v2(out var context, 0, device));
        return context;
    }

    public static void DestroyContext(nint context) => CudaException.ThrowIfFailed(cuCtxDestroy_v2(context));

    /// <summary>Makes a context current on this thread, above what was current.</summary>
    public static void Push(nint context) => CudaException.ThrowIfFailed(cuCtxPushCurrent_v2(context));

    /// <summary>Makes current again what was before the last push.</summary>
    public static void Pop() => CudaException.ThrowIfFailed(cuCtxPopCurrent_v2(out _));

    private static nint TryLoad(string name) =>
        NativeLibrary.TryLoad(name, typeof(CudaDriver).Assembly, null, out var handle) ? handle : 0;

    [LibraryImport(Library)]
    private static partial CudaError cuInit(uint flags);

    [LibraryImport(Library)]
    private static partial CudaError cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    private static partial CudaError cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library)]
    private static partial CudaError cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    private static partial CudaError cuCtxCreate_v2(out nint context, uint flags, int device);

    [LibraryImport(Library)]
    private static partial CudaError cuCtxDestroy_v2(nint context);

    [LibraryImport(Library)]
    private static partial CudaError cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Library)]
    private static partial CudaError cuCtxPopCurrent_v2(out nint context);
}
