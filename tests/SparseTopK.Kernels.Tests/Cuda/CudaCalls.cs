using System.Runtime.InteropServices;

namespace SparseTopK.Kernels.Tests.Cuda;

/// <summary>What another library of the process does with CUDA: contexts, memory and streams of its own.</summary>
internal static class CudaCalls
{
    public static readonly nint Library = NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1");

    private delegate int OutCall(out nint value);

    private delegate int Call(nint value);

    private delegate int DeviceCall(out nint context, int device);

    private delegate int CreateCall(out nint value, uint flags, int device);

    private delegate int AllocateCall(out nint address, nint bytes);

    private delegate int StreamCall(out nint stream, uint flags);

    private delegate int CopyCall(nint destination, nint source, nint bytes);

    /// <summary>The context that is current on this thread, or 0.</summary>
    public static nint Current
    {
        get
        {
            Check(Get<OutCall>("cuCtxGetCurrent")(out var context));
            return context;
        }
    }

    public static nint CreateContext()
    {
        Check(Get<CreateCall>("cuCtxCreate_v2")(out var context, 0, 0));
        return context;
    }

    public static void DestroyContext(nint context) => Check(Get<Call>("cuCtxDestroy_v2")(context));

    public static nint RetainPrimary(int device)
    {
        Check(Get<DeviceCall>("cuDevicePrimaryCtxRetain")(out var context, device));
        return context;
    }

    public static void ReleasePrimary(int device) => Check(Get<Call>("cuDevicePrimaryCtxRelease_v2")(device));

    public static void Push(nint context) => Check(Get<Call>("cuCtxPushCurrent_v2")(context));

    public static nint Pop()
    {
        Check(Get<OutCall>("cuCtxPopCurrent_v2")(out var context));
        return context;
    }

    public static nint Allocate(long bytes)
    {
        Check(Get<AllocateCall>("cuMemAlloc_v2")(out var address, (nint)bytes));
        return address;
    }

    public static void Free(nint address) => Check(Get<Call>("cuMemFree_v2")(address));

    public static nint CreateStream()
    {
        Check(Get<StreamCall>("cuStreamCreate")(out var stream, 0));
        return stream;
    }

    public static void DestroyStream(nint stream) => Check(Get<Call>("cuStreamDestroy_v2")(stream));

    public static unsafe void Write<T>(nint destination, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        fixed (T* source = values)
        {
            Check(Get<CopyCall>("cuMemcpyHtoD_v2")(destination, (nint)source, values.Length * sizeof(T)));
        }
    }

    public static unsafe T[] Read<T>(nint source, int length)
        where T : unmanaged
    {
        var values = new T[length];
        fixed (T* destination = values)
        {
            Check(Get<CopyCall>("cuMemcpyDtoH_v2")((nint)destination, source, length * sizeof(T)));
        }

        return values;
    }

    private static T Get<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(Library, name));

    private static void Check(int error) => Assert.Equal(0, error);
}
