namespace SparseTopK.Quickstart.Training;

/// <summary>Soft top-k in magnitude: this file is where the sample uses SparseTopK.</summary>
/// <remarks>
/// <para>With p = 2 a weight is kept whole from gamma (1 + lambda) upwards, is exactly 0 up to gamma, and grows from one to the
/// other in between. gamma follows from k. Lambda is a pure number: it says how wide the pool of competing weights is.</para>
/// <para>A weight below gamma gets no gradient, so the pool must be wide while the network decides which weights it needs.
/// Lambda therefore starts at count/kept, where nearly every weight is in the pool, and falls to a value so small that the
/// operator is hard top-k in all but name: the last part of training tunes the weights that were chosen.</para>
/// </remarks>
internal sealed class SoftTopK(int count, int kept) : IWeightMap
{
    /// <summary>Lambda at the end: a weight in the pool is then within 0.1 % of the threshold.</summary>
    private const double FinalStrength = 0.001;

    /// <summary>The share of training in which lambda falls.</summary>
    private const double AnnealingShare = 0.6;

    private readonly double[] _thresholds = new double[1];
    private PNorm _norm;

    public void Forward(ReadOnlySpan<float> weights, double progress, Span<float> destination)
    {
        // 1. The regularizer: the exponent p, here 2, and the strength lambda, which may change from step to step.
        _norm = PNorm.Quadratic(Strength(progress));

        // 2. Forward: all weights are one row of count entries. gamma, the row's threshold, is kept for the backward pass.
        TopKMagnitude.Forward(weights, count, kept, _norm, destination, _thresholds);
    }

    public void Backward(ReadOnlySpan<float> weights, Span<float> gradient) =>

        // 3. Backward: the gradient with respect to the sparse weights, times the operator's Jacobian. In place is allowed.
        TopKMagnitude.Vjp(weights, _thresholds, gradient, count, kept, _norm, gradient);

    private double Strength(double progress)
    {
        var first = (double)count / kept;
        return first * Math.Pow(FinalStrength / first, Math.Min(1, progress / AnnealingShare));
    }
}
