using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>Keeps the native heap in one piece.</summary>
/// <remarks>
/// Each node of TorchSharp's graph leaves small blocks of native memory to the garbage collector. They lie between the large tensors of a
/// step and cut the space into pieces that the next step's tensors do not fit in, so the heap grows. The collector knows nothing of
/// those tensors and would run too seldom. So it is asked to, before a forward pass, when the graphs of the last steps are gone.
/// </remarks>
internal static class NativeHeap
{
    private const long Allowance = 64L << 20;
    private static readonly Lock Gate = new();
    private static long _bytes;
    private static int _collections;

    /// <summary>Collects young objects where weights of 64 MiB have been computed with since the last collection.</summary>
    public static void Computing(IEnumerable<Tensor> weights)
    {
        lock (Gate)
        {
            var collections = GC.CollectionCount(1);
            (_bytes, _collections) = (collections == _collections ? _bytes : 0, collections);
            _bytes += weights.Where(weight => weight.device_type == DeviceType.CPU).Sum(weight => weight.numel() * weight.ElementSize);
            if (_bytes <= Allowance)
            {
                return;
            }
        }

        GC.Collect(1, GCCollectionMode.Forced, blocking: true);
    }
}
