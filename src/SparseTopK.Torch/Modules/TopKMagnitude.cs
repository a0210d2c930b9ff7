using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>Soft top-k in magnitude as a module: keeps the k entries largest in absolute value along a dimension, exactly 0 on the rest.</summary>
/// <remarks>
/// <para><c>z_i = sign(x_i) min(|x_i|, c_i + t_i)</c>, t_i = max(|x_i| - gamma, 0), c_i = (t_i/lambda)^a, a = 1/(p-1), gamma the
/// largest root of sum min(c_i/gamma, 1) = k. It forwards to
/// <see cref="Functional.topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>, whose documentation says what inputs it takes.</para>
/// <para>Shapes: any x of one dimension or more; z has the shape and the type of x.</para>
/// <inheritdoc cref="TopKModule" path="/remarks/para"/>
/// </remarks>
/// <example><code>
/// var model = nn.Sequential(nn.Linear(20, 100), new TopKMagnitude(k: 10, lambda: 0.1), nn.Linear(100, 2));
/// </code></example>
public sealed class TopKMagnitude : TopKModule
{
    /// <summary>A module with these settings.</summary>
    /// <param name="k">How many to keep of each row along dim: from 0 to its length, which the forward pass checks.</param>
    /// <param name="lambda">The strength, above 0, in the units of x to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="dim">The dimension; negative counts from the last. The forward pass checks that x has it.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">An argument is out of its range. The exception names the argument.</exception>
    public TopKMagnitude(long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
        : base(nameof(TopKMagnitude), k, lambda, p, dim, solver)
    {
    }

    /// <summary>The largest entries of x.</summary>
    /// <param name="input">The values x.</param>
    /// <returns>z.</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    /// <exception cref="ArgumentException">k is above the length of a row, x has no such dimension, or it is not dense.</exception>
    /// <exception cref="NotSupportedException">The type or the device of x is not supported.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Functional.topk_magnitude(input, k, lambda, p, dim, solver);
    }
}
