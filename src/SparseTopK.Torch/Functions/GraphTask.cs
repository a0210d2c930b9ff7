using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The backward pass that autograd runs on this thread.</summary>
internal static class GraphTask
{
    /// <summary>torch::autograd::get_current_graph_task_keep_graph(), as the compilers of Linux and macOS, and of Windows, name it.</summary>
    private static readonly string[] Names =
        ["_ZN5torch8autograd33get_current_graph_task_keep_graphEv", "?get_current_graph_task_keep_graph@autograd@torch@@YA_NXZ"];

    private static readonly Query? KeepGraph = Find();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    [return: MarshalAs(UnmanagedType.U1)]
    private delegate bool Query();

    /// <summary>Whether its graph can be used again afterwards: retain_graph. A libtorch that does not tell passes for one that keeps it.</summary>
    public static bool KeepsGraph => KeepGraph?.Invoke() ?? true;

    /// <summary>Whether libtorch tells.</summary>
    public static bool IsKnown => KeepGraph is not null;

    private static Query? Find()
    {
        if (!NativeLibrary.TryLoad("torch_cpu", typeof(Tensor).Assembly, null, out var library))
        {
            return null;
        }

        foreach (var name in Names)
        {
            if (NativeLibrary.TryGetExport(library, name, out var address))
            {
                return Marshal.GetDelegateForFunctionPointer<Query>(address);
            }
        }

        return null;
    }
}
