using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>A linear layer whose weight is sparse: <c>y = x z^T + b</c>, z the soft top-k in magnitude of the weight.</summary>
/// <remarks>
/// <para>Shapes: x (.., in), weight (out, in), bias (out), y (.., out).</para>
/// <inheritdoc cref="SparseLayer" path="/remarks/para"/>
/// </remarks>
public sealed class SparseLinear : SparseLayer
{
    /// <summary>A layer with random parameters, those of <c>nn.Linear</c>.</summary>
    /// <param name="inputSize">The entries of an input.</param>
    /// <param name="outputSize">The entries of an output.</param>
    /// <param name="sparsity">The share of zeros, from 0 to 1.</param>
    /// <param name="lambda">The strength, above 0, in the units of the weight to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    /// <param name="device">Where the parameters are.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">A setting is out of its range. The exception names the argument.</exception>
    public SparseLinear(
        long inputSize, long outputSize, double sparsity, double lambda, double p = 2, bool hasBias = true, Device? device = null,
        ScalarType? dtype = null, TopKSolver solver = TopKSolver.Threshold)
        : this(Plain(inputSize, outputSize, hasBias, device, dtype), true, sparsity, lambda, p, solver)
    {
    }

    /// <summary>A layer with copies of the parameters of a plain one.</summary>
    /// <param name="layer">The plain layer. It stays the caller's.</param>
    /// <param name="sparsity">The share of zeros, from 0 to 1.</param>
    /// <param name="lambda">The strength, above 0, in the units of the weight to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">layer is null, or a setting is out of its range. The exception names the argument.</exception>
    public SparseLinear(Linear layer, double sparsity, double lambda, double p = 2, TopKSolver solver = TopKSolver.Threshold)
        : this(layer, false, sparsity, lambda, p, solver)
    {
    }

    private SparseLinear(Linear layer, bool owned, double sparsity, double lambda, double p, TopKSolver solver)
        : base(nameof(SparseLinear), NotNull(layer).weight, layer.bias, sparsity, lambda, p, solver)
    {
        if (owned)
        {
            layer.Dispose();
        }
    }

    /// <summary>A plain layer with the k entries of the sparse weight that are largest in magnitude: exactly as sparse as the settings say.</summary>
    /// <returns>The layer, with parameters of its own, of the same type and on the same device.</returns>
    /// <exception cref="InvalidOperationException">The weight has NaN or infinite entries.</exception>
    public Linear ToLinear()
    {
        var plain = nn.Linear(weight.shape[1], weight.shape[0], bias is not null, weight.device, weight.dtype);
        HardenInto(plain.weight, plain.bias);
        return plain;
    }

    private protected override Tensor Apply(Tensor input, Tensor sparse) => nn.functional.linear(input, sparse, bias);

    private static Linear Plain(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(inputSize);
        ArgumentOutOfRangeException.ThrowIfNegative(outputSize);
        TopKSettings.Type(dtype);
        return nn.Linear(inputSize, outputSize, hasBias, device, dtype);
    }

    private static Linear NotNull(Linear layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer;
    }
}
