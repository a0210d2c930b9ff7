using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Cuda;

/// <summary>The addresses of tensors on any device.</summary>
internal static unsafe class TensorMemory
{
    // TorchSharp reads the memory of CPU tensors alone. Its native library tells the address of any.
    private static readonly delegate* unmanaged<nint, nint> Data = (delegate* unmanaged<nint, nint>)NativeLibrary.GetExport(
        NativeLibrary.Load("LibTorchSharp", typeof(Tensor).Assembly, null), "THSTensor_data");

    /// <summary>Where a tensor's own first entry is: a view's offset is counted in. The tensor must outlive what is done with it.</summary>
    public static nint Address(Tensor tensor)
    {
        var address = Data(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }
}
