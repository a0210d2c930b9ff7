using System.Numerics.Tensors;
using SparseTopK.Quickstart.Datasets;

namespace SparseTopK.Quickstart.Training;

/// <summary>A network with one hidden layer: inputs, ReLU, classes. Its backward pass is written by hand.</summary>
/// <remarks>All weights lie in one array, the first matrix before the second, so that one top-k chooses among all of them.
/// A row of the first matrix holds what goes into one hidden unit; a row of the second, what goes into one class.
/// The methods take the weights as an argument, as the network computes with sparse weights made from its own.</remarks>
internal sealed class Mlp
{
    private readonly int _inputs;
    private readonly int _hidden;
    private readonly float[] _activations;
    private readonly float[] _activationGradients;
    private readonly float[] _probabilities;

    public Mlp(int inputs, int hidden, int classes, Random random)
    {
        (_inputs, _hidden) = (inputs, hidden);
        _activations = new float[hidden];
        _activationGradients = new float[hidden];
        _probabilities = new float[classes];
        Weights = new float[(hidden * inputs) + (classes * hidden)];
        Biases = new float[hidden + classes];
        Initialize(Weights.AsSpan(0, hidden * inputs), inputs, random);
        Initialize(Weights.AsSpan(hidden * inputs), hidden, random);
    }

    public float[] Weights { get; }

    public float[] Biases { get; }

    /// <summary>Adds the gradient of one image's cross-entropy to the two gradients.</summary>
    public void AddGradient(
        ReadOnlySpan<float> weights, ReadOnlySpan<float> image, int label, Span<float> weightGradient, Span<float> biasGradient)
    {
        Forward(weights, image);

        // Of softmax and cross-entropy together: probabilities less the one-hot label.
        Span<float> classGradient = _probabilities;
        TensorPrimitives.SoftMax(_probabilities, classGradient);
        classGradient[label] -= 1;
        TensorPrimitives.Add(biasGradient[_hidden..], classGradient, biasGradient[_hidden..]);

        Span<float> hiddenGradient = _activationGradients;
        hiddenGradient.Clear();
        for (var i = 0; i < classGradient.Length; i++)
        {
            var row = SecondRow(i);
            TensorPrimitives.MultiplyAdd(_activations, classGradient[i], weightGradient[row], weightGradient[row]);
            TensorPrimitives.MultiplyAdd(weights[row], classGradient[i], hiddenGradient, hiddenGradient);
        }

        for (var i = 0; i < _hidden; i++)
        {
            if (_activations[i] > 0)
            {
                var row = FirstRow(i);
                biasGradient[i] += hiddenGradient[i];
                TensorPrimitives.MultiplyAdd(image, hiddenGradient[i], weightGradient[row], weightGradient[row]);
            }
        }
    }

    /// <summary>The share of the images, from 0 to 1, whose largest output is their label.</summary>
    public double Accuracy(ReadOnlySpan<float> weights, ImageSet images)
    {
        var correct = 0;
        for (var i = 0; i < images.Count; i++)
        {
            Forward(weights, images.Image(i));
            correct += TensorPrimitives.IndexOfMax<float>(_probabilities) == images.Labels[i] ? 1 : 0;
        }

        return (double)correct / images.Count;
    }

    /// <summary>Writes the hidden activations, and the logits in place of the probabilities.</summary>
    private void Forward(ReadOnlySpan<float> weights, ReadOnlySpan<float> image)
    {
        for (var i = 0; i < _hidden; i++)
        {
            _activations[i] = Math.Max(0, TensorPrimitives.Dot(weights[FirstRow(i)], image) + Biases[i]);
        }

        for (var i = 0; i < _probabilities.Length; i++)
        {
            _probabilities[i] = TensorPrimitives.Dot<float>(weights[SecondRow(i)], _activations) + Biases[_hidden + i];
        }
    }

    private Range FirstRow(int unit) => (unit * _inputs)..((unit + 1) * _inputs);

    private Range SecondRow(int outputClass)
    {
        var start = (_hidden * _inputs) + (outputClass * _hidden);
        return start..(start + _hidden);
    }

    /// <summary>Uniform with variance 2/inputs (He et al. 2015).</summary>
    private static void Initialize(Span<float> matrix, int inputs, Random random)
    {
        var bound = Math.Sqrt(6.0 / inputs);
        foreach (ref var weight in matrix)
        {
            weight = (float)(bound * ((2 * random.NextDouble()) - 1));
        }
    }
}
