using System.Numerics.Tensors;

namespace SparseTopK.Quickstart.Training;

/// <summary>The optimizer of Kingma and Ba (2015), for one array of parameters.</summary>
internal sealed class Adam(int count)
{
    private const float FirstDecay = 0.9f;
    private const float SecondDecay = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly float[] _mean = new float[count];
    private readonly float[] _square = new float[count];
    private readonly float[] _step = new float[count];
    private int _steps;

    public void Step(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate)
    {
        _steps++;
        TensorPrimitives.Lerp(gradient, _mean, FirstDecay, _mean);
        TensorPrimitives.Multiply(gradient, gradient, _step);
        TensorPrimitives.Lerp(_step, _square, SecondDecay, _square);

        // step = mean / (sqrt(square) + epsilon), both corrected for their start at zero.
        var correction = Math.Sqrt(1 - Math.Pow(SecondDecay, _steps));
        TensorPrimitives.Sqrt<float>(_square, _step);
        TensorPrimitives.Add(_step, (float)(Epsilon * correction), _step);
        TensorPrimitives.Divide<float>(_mean, _step, _step);
        var rate = learningRate * correction / (1 - Math.Pow(FirstDecay, _steps));
        TensorPrimitives.MultiplyAdd(_step, (float)-rate, parameters, parameters);
    }
}
