using SparseTopK.Experiments.Running;
using SparseTopK.Quickstart.Datasets;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Data;

/// <summary>Images (count, 1, side, side) and their labels (count) as tensors.</summary>
internal sealed record ImageTensors(Tensor Images, Tensor Labels)
{
    public long Count => Labels.shape[0];

    public long Side => Images.shape[^1];

    /// <summary>Pixels less a mean, divided by a deviation.</summary>
    public static ImageTensors From(ImageSet set, long side, double mean, double deviation)
    {
        using var pixels = tensor(set.Pixels);
        using var centred = pixels.Minus(mean).Over(deviation);
        return new(centred.reshape(set.Count, 1, side, side), tensor(Array.ConvertAll(set.Labels, label => (long)label)));
    }

    /// <summary>The images at these places, in this order, in the caller's dispose scope.</summary>
    public ImageTensors Take(Tensor places) => new(Images.index_select(0, places), Labels.index_select(0, places));

    /// <summary>The images from one place up to another.</summary>
    public ImageTensors Slice(long from, long to) => new(Images.narrow(0, from, to - from), Labels.narrow(0, from, to - from));

    /// <summary>The images in batches, each in a dispose scope of its own.</summary>
    public void ForEachBatch(int size, Action<ImageTensors> act)
    {
        for (var start = 0L; start < Count; start += size)
        {
            using var scope = NewDisposeScope();
            act(Slice(start, Math.Min(start + size, Count)));
        }
    }
}
