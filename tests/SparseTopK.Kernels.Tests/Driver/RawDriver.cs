using System.Runtime.InteropServices;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>The driver's own functions, found as any program finds them.</summary>
internal static unsafe partial class RawDriver
{
    [LibraryImport("cuda")]
    public static partial int cuInit(uint flags);

    [LibraryImport("cuda")]
    public static partial int cuCtxCreate_v2(out IntPtr context, uint flags, int device);

    [LibraryImport("cuda")]
    public static partial int cuCtxDestroy_v2(IntPtr context);

    [LibraryImport("cuda")]
    public static partial int cuCtxSetCurrent(IntPtr context);

    [LibraryImport("cuda")]
    public static partial int cuCtxGetCurrent(out IntPtr context);

    [LibraryImport("cuda")]
    public static partial int cuCtxPushCurrent_v2(IntPtr context);

    [LibraryImport("cuda")]
    public static partial int cuCtxPopCurrent_v2(out IntPtr context);

    [LibraryImport("cuda")]
    public static partial int cuDevicePrimaryCtxRetain(out IntPtr context, int device);

    [LibraryImport("cuda")]
    public static partial int cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport("cuda")]
    public static partial int cuMemAlloc_v2(out IntPtr pointer, nint bytes);

    [LibraryImport("cuda")]
    public static partial int cuMemFree_v2(IntPtr pointer);

    [LibraryImport("cuda")]
    public static partial int cuMemcpyDtoH_v2(void* destination, IntPtr source, nint bytes);

    [LibraryImport("cuda")]
    public static partial int cuMemsetD8Async(IntPtr destination, byte value, nint bytes, IntPtr stream);

    [LibraryImport("cuda")]
    public static partial int cuStreamCreate(out IntPtr stream, uint flags);

    [LibraryImport("cuda")]
    public static partial int cuStreamSynchronize(IntPtr stream);

    [LibraryImport("cuda")]
    public static partial int cuStreamDestroy_v2(IntPtr stream);

    [LibraryImport("cuda")]
    public static partial int cuEventCreate(out IntPtr result, uint flags);

    [LibraryImport("cuda")]
    public static partial int cuEventRecord(IntPtr recorded, IntPtr stream);

    [LibraryImport("cuda")]
    public static partial int cuEventElapsedTime(out float milliseconds, IntPtr first, IntPtr last);

    [LibraryImport("cuda")]
    public static partial int cuPointerGetAttribute(void* result, int attribute, IntPtr pointer);

    [LibraryImport("cuda", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleLoadData(out IntPtr module, string ptx);

    [LibraryImport("cuda", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(out IntPtr function, IntPtr module, string name);

    [LibraryImport("cuda")]
    public static partial int cuLaunchKernel(
        IntPtr function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint shared, IntPtr stream, void** parameters, void** extra);

    [LibraryImport("cuda")]
    public static partial int cuGetErrorString(int code, out IntPtr text);
}
