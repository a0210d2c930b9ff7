namespace SparseTopK.Quickstart.Training;

/// <summary>What turns the weights that the optimizer moves into the weights that the network computes with.</summary>
internal interface IWeightMap
{
    /// <summary>Writes the weights to compute with.</summary>
    /// <param name="weights">The weights that the optimizer moves.</param>
    /// <param name="progress">How far training is, from 0 to 1.</param>
    /// <param name="destination">As long as the weights.</param>
    void Forward(ReadOnlySpan<float> weights, double progress, Span<float> destination);

    /// <summary>Turns the gradient with respect to what Forward wrote into the gradient with respect to the weights, in place.</summary>
    void Backward(ReadOnlySpan<float> weights, Span<float> gradient);
}

/// <summary>All weights as they are: the dense network.</summary>
internal sealed class DenseWeights : IWeightMap
{
    public void Forward(ReadOnlySpan<float> weights, double progress, Span<float> destination) => weights.CopyTo(destination);

    public void Backward(ReadOnlySpan<float> weights, Span<float> gradient)
    {
    }
}

/// <summary>Hard top-k whose backward pass does as if it were the identity: the straight-through gradient.</summary>
internal sealed class StraightThroughTopK(int count, int kept) : IWeightMap
{
    private readonly HardTopK _hard = new(count, kept);

    public void Forward(ReadOnlySpan<float> weights, double progress, Span<float> destination) => _hard.Apply(weights, destination);

    public void Backward(ReadOnlySpan<float> weights, Span<float> gradient)
    {
    }
}
