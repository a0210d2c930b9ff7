using System.Numerics.Tensors;
using SparseTopK.Quickstart.Datasets;

namespace SparseTopK.Quickstart.Training;

/// <summary>One step of training on one batch of images.</summary>
internal sealed class BatchStep(Mlp network, ImageSet images, IWeightMap map, double learningRate)
{
    private readonly float[] _weights = new float[network.Weights.Length];
    private readonly float[] _weightGradient = new float[network.Weights.Length];
    private readonly float[] _biasGradient = new float[network.Biases.Length];
    private readonly Adam _weightOptimizer = new(network.Weights.Length);
    private readonly Adam _biasOptimizer = new(network.Biases.Length);

    /// <param name="batch">The indices of the images.</param>
    /// <param name="progress">How far training is, from 0 to 1.</param>
    public void Run(ReadOnlySpan<int> batch, double progress)
    {
        map.Forward(network.Weights, progress, _weights);

        _weightGradient.AsSpan().Clear();
        _biasGradient.AsSpan().Clear();
        foreach (var index in batch)
        {
            network.AddGradient(_weights, images.Image(index), images.Labels[index], _weightGradient, _biasGradient);
        }

        TensorPrimitives.Divide(_weightGradient, batch.Length, _weightGradient);
        TensorPrimitives.Divide(_biasGradient, batch.Length, _biasGradient);

        // The gradient so far is with respect to the sparse weights; the optimizer needs it with respect to the network's own.
        map.Backward(network.Weights, _weightGradient);

        var rate = learningRate * 0.5 * (1 + Math.Cos(Math.PI * progress));
        _weightOptimizer.Step(network.Weights, _weightGradient, rate);
        _biasOptimizer.Step(network.Biases, _biasGradient, rate);
    }
}
