using SparseTopK.Experiments.Data;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Running;

/// <summary>How often the true class is among the k best, in percent.</summary>
internal static class TopKAccuracy
{
    private const int BatchSize = 500;

    /// <summary>Of a network on images, for several k.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">The images.</param>
    /// <param name="ks">The k.</param>
    /// <param name="afterBatch">Called after each forward pass.</param>
    public static double[] Of(nn.Module<Tensor, Tensor> network, ImageTensors images, int[] ks, Action? afterBatch = null)
    {
        using var constant = no_grad();
        network.eval();
        var hits = new long[ks.Length];
        images.ForEachBatch(BatchSize, batch =>
        {
            var scores = network.call(batch.Images);
            for (var i = 0; i < ks.Length; i++)
            {
                hits[i] += Hits(scores, batch.Labels, ks[i]);
            }

            afterBatch?.Invoke();
        });
        return Array.ConvertAll(hits, count => 100.0 * count / images.Count);
    }

    /// <summary>In how many rows fewer than k scores are above the true one's, which must be a number: a network that diverged has no hits.</summary>
    public static long Hits(Tensor scores, Tensor labels, int k)
    {
        using var scope = NewDisposeScope();
        var score = scores.gather(1, labels.unsqueeze(1));
        var better = (scores > score).sum(1);
        return better.IsBelow(k).logical_and(score.isfinite().squeeze(1)).sum().item<long>();
    }
}
