using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>The operators on tensors, differentiable: use them in <c>forward</c> like any other function of torch.</summary>
/// <remarks>
/// <para>Tensors are float32 or float64, on the CPU. Entries are read in place; where dim is not the last dimension in memory, one
/// copy is made of the input, and one of each gradient.</para>
/// <para>The gradient is that of the core, through autograd, to the first order: it is a constant to a second backward pass. Until
/// then do not change in place what it needs: the x of <see cref="topk_magnitude"/>, the result of <see cref="topk_mask"/>. Autograd
/// notices; but an error inside the backward pass of a TorchSharp function ends the process.</para>
/// <para>Every temporary is disposed on return. The calls are thread-safe.</para>
/// </remarks>
public static class Functional
{
    /// <summary>The soft top-k mask along a dimension: k ones spread over its largest entries, exactly 0 on the rest.</summary>
    /// <param name="x">The scores: float32 or float64, on the CPU, of one dimension or more.</param>
    /// <param name="k">How many to choose of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">The strength, above 0, in the units of x: the smaller, the closer to hard top-k.</param>
    /// <param name="p">The exponent, above 1: 2 is the cheapest; with 4/3 entries enter the support smoothly.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>y, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para><c>y_i = min(1, (max(x_i - tau, 0)/lambda)^a)</c>, a = 1/(p-1), tau the largest root of sum y_i = k.</para>
    /// <para>Ties, infinities, NaN, and the gradient at a kink are as <see cref="TopKMask"/> documents them.</para>
    /// <para>Cost: O(n) per row forward and backward; y is kept for the backward pass, x is not.</para>
    /// <para>Source: Sander et al., <i>Fast, Differentiable and Sparse Top-k: a Convex Analysis Perspective</i>, ICML 2023,
    /// arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">x is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range, x has no dimension, is not dense, or holds 2 GiB or more.
    /// The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of x is not supported. The message names it.</exception>
    public static Tensor topk_mask(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        AlongLast(x, dim, RowArguments.Check(x, k, lambda, p, dim, solver), TopKMaskFunction.apply);

    /// <summary>Soft top-k in magnitude along a dimension: keeps its k entries largest in absolute value, exactly 0 on the rest.</summary>
    /// <param name="x">The values: float32 or float64, on the CPU, of one dimension or more.</param>
    /// <param name="k">How many to keep of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">The strength, above 0, in the units of x to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>z, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para><c>z_i = sign(x_i) min(|x_i|, c_i + t_i)</c>, t_i = max(|x_i| - gamma, 0), c_i = (t_i/lambda)^a, a = 1/(p-1), gamma the
    /// largest root of sum min(c_i/gamma, 1) = k.</para>
    /// <para>Ties, infinities, NaN, and the gradient at a kink are as <see cref="TopKMagnitude"/> documents them.</para>
    /// <para>Cost: O(n) per row forward and backward; x and one float64 per row are kept for the backward pass.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">x is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range, x has no dimension, is not dense, or holds 2 GiB or more.
    /// The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type or the device of x is not supported. The message names it.</exception>
    public static Tensor topk_magnitude(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        AlongLast(x, dim, RowArguments.Check(x, k, lambda, p, dim, solver), TopKMagnitudeFunction.apply);

    private static Tensor AlongLast(Tensor x, long dim, RowArguments arguments, Func<object[], Tensor> apply)
    {
        // The scope disposes of every handle but the result; what the backward pass needs, the graph holds.
        using var scope = NewDisposeScope();
        return apply([x.movedim([dim], [-1]), arguments]).movedim([-1], [dim]).MoveToOuterDisposeScope();
    }
}
