using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Cuda;

/// <summary>The CUDA stream on which libtorch queues what this thread asks for.</summary>
internal static unsafe class CurrentStream
{
    /// <summary>libtorch's stable interface has it, where libtorch is built for CUDA.</summary>
    private static readonly delegate* unmanaged<int, out nint, int> Get = Find();

    /// <summary>The stream's handle; where libtorch does not tell it, 0: the legacy default stream, and TorchSharp 0.107 uses no other.</summary>
    public static nint On(Device device) =>
        Get != null && device.type == DeviceType.CUDA && Get(device.index, out var stream) == 0 ? stream : 0;

    private static delegate* unmanaged<int, out nint, int> Find() =>
        NativeLibrary.TryLoad("torch_cuda", typeof(Tensor).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, "aoti_torch_get_current_cuda_stream", out var export)
            ? (delegate* unmanaged<int, out nint, int>)export : null;
}
