using SparseTopK.Quickstart.Datasets;

namespace SparseTopK.Quickstart.Training;

/// <summary>Trains a network whose weights go through a map on every step. The budget is the same whatever the map.</summary>
internal sealed class Trainer(ImageSet images, int epochs, int seed)
{
    private const int HiddenUnits = 64;
    private const int BatchSize = 32;

    /// <summary>Trains one network: the same bits for the same seed.</summary>
    /// <param name="createMap">Makes the map for a number of weights.</param>
    /// <param name="learningRate">The rate at the start; it falls to zero along a half cosine.</param>
    /// <param name="epochDone">Called after each pass over the images.</param>
    public Mlp Train(Func<int, IWeightMap> createMap, double learningRate, Action epochDone)
    {
        var random = new Random(seed);
        var network = new Mlp(images.PixelsPerImage, HiddenUnits, Dataset.Classes, random);
        var batchStep = new BatchStep(network, images, createMap(network.Weights.Length), learningRate);
        var order = Enumerable.Range(0, images.Count).ToArray();
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            random.Shuffle(order);
            for (var start = 0; start < order.Length; start += BatchSize)
            {
                var batch = order.AsSpan(start, Math.Min(BatchSize, order.Length - start));
                batchStep.Run(batch, (epoch + ((double)start / order.Length)) / epochs);
            }

            epochDone();
        }

        return network;
    }
}
