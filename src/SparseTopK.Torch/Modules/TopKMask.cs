using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>The soft top-k mask as a module: k ones spread over the largest entries along a dimension, exactly 0 on the rest.</summary>
/// <remarks>
/// <para><c>y_i = min(1, (max(x_i - tau, 0)/lambda)^a)</c>, a = 1/(p-1), tau the largest root of sum y_i = k. It forwards to
/// <see cref="Functional.topk_mask(Tensor, long, double, double, long, TopKSolver)"/>, whose documentation says what inputs it takes.</para>
/// <para>Shapes: any x of one dimension or more; y has the shape and the type of x.</para>
/// <inheritdoc cref="TopKModule" path="/remarks/para"/>
/// </remarks>
/// <example><code>
/// var model = nn.Sequential(nn.Linear(20, 10), new TopKMask(k: 3, lambda: 0.1));
/// </code></example>
public sealed class TopKMask : TopKModule
{
    /// <summary>A module with these settings.</summary>
    /// <param name="k">How many to choose of each row along dim: from 0 to its length, which the forward pass checks.</param>
    /// <param name="lambda">The strength, above 0, in the units of x: the smaller, the closer to hard top-k.</param>
    /// <param name="p">The exponent, above 1: 2 is the cheapest; with 4/3 entries enter the support smoothly.</param>
    /// <param name="dim">The dimension; negative counts from the last. The forward pass checks that x has it.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names the argument.</exception>
    public TopKMask(long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
        : base(nameof(TopKMask), k, lambda, p, dim, solver)
    {
    }

    /// <summary>The mask of x.</summary>
    /// <param name="input">The scores x.</param>
    /// <returns>y.</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    /// <exception cref="ArgumentException">k is above the length of a row, x has no such dimension, or it is not dense.</exception>
    /// <exception cref="NotSupportedException">The type or the device of x is not supported.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Functional.topk_mask(input, k, lambda, p, dim, solver);
    }
}
