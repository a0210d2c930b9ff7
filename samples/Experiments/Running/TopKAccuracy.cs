using SparseTopK.Experiments.Data;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Running;

/// <summary>How often the true class is among the k best, in percent.</summary>
internal static class TopKAccuracy
{
    private const int BatchSize = 500;

    /// <summary>Of a network on images, for several k.</summary>
    public static double[] Of(nn.Module<Tensor, Tensor> network, ImageTensors images, params ReadOnlySpan<int> ks)
    {
        using var constant = no_grad();
        network.eval();
        var hits = new long[ks.Length];
        var wanted = ks.ToArray();
        images.ForEachBatch(BatchSize, batch =>
        {
            var scores = network.call(batch.Images);
            for (var i = 0; i < wanted.Length; i++)
            {
                hits[i] += Hits(scores, batch.Labels, wanted[i]);
            }
        });
        return Array.ConvertAll(hits, count => 100.0 * count / images.Count);
    }

    /// <summary>In how many rows fewer than k scores are above the true one's.</summary>
    public static long Hits(Tensor scores, Tensor labels, int k)
    {
        using var scope = NewDisposeScope();
        var better = (scores > scores.gather(1, labels.unsqueeze(1))).sum(1);
        return (better < k).sum().item<long>();
    }
}
