using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>The operators on tensors, differentiable: use them in <c>forward</c> like any other function of torch.</summary>
/// <remarks>
/// <para>Tensors are float32, float64, or float16 and bfloat16, which are widened to float32 and narrowed again. A dense CPU tensor
/// with its rows along the last dimension is read and written in place by the core; otherwise one copy is made of it, and one of
/// each gradient. A tensor on another device never leaves it: on CUDA the kernels of SparseTopK.Kernels compute, and nothing waits for the
/// device; <see cref="CudaKernels"/> says when torch operations take over. These compute on every other device, in float64 (float32 on MPS, which
/// has no float64). Their top-k solver asks the device every six steps whether all rows are done, and nothing else waits.</para>
/// <para>Second derivatives: where a backward pass builds a graph (create_graph: true, and with TorchSharp retain_graph: true too), the
/// gradient is computed by differentiable torch operations.</para>
/// <para>What a backward pass needs must not be changed in place before: the result of <see cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>
/// and of <see cref="isotonic_regression"/>, the weights of that, the x of all others. Autograd notices: backward() and autograd.grad throw an
/// exception that says what has changed. So they do where a graph is used a second time and the first pass did not retain it. Gradients on another device
/// than the CPU are computed on threads of autograd, which no exception can leave: there the gradient is NaN, a message goes to the standard error, and the
/// next call of a function here throws InvalidOperationException.</para>
/// <para>A chain of some ten thousand of these functions, each on the result of the one before, ends the process when its graph is
/// freed: TorchSharp frees it by recursion. Unroll fewer steps.</para>
/// <para>A tensor that has been disposed of is TorchSharp's own InvalidOperationException, here and in all of this package.</para>
/// <para>Every temporary is disposed of; one gradient per thread is kept until that thread's next backward pass. The calls are
/// thread-safe.</para>
/// </remarks>
public static partial class Functional
{
    /// <summary>The soft top-k mask along a dimension: k ones spread over its largest entries, exactly 0 on the rest.</summary>
    /// <param name="x">The scores: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to choose of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">The strength, above 0, in the units of x: the smaller, the closer to hard top-k.</param>
    /// <param name="p">The exponent, above 1: 2 is the cheapest; with 4/3 entries enter the support smoothly.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the core finds the threshold. Kernels and torch operations have a solver of their own, exact as well.</param>
    /// <returns>y, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para><c>y_i = min(1, (max(x_i - tau, 0)/lambda)^a)</c>, a = 1/(p-1), tau the largest root of sum y_i = k.</para>
    /// <para>Ties, infinities, NaN, and the gradient at a kink are as <see cref="TopKMask"/> documents them.</para>
    /// <para>Cost: O(n) per row forward and backward; y is kept for the backward pass, x is not. In torch operations a sort and some ten
    /// passes over float64 in each of about ten steps.</para>
    /// <para>Source: Sander et al., <i>Fast, Differentiable and Sparse Top-k: a Convex Analysis Perspective</i>, ICML 2023,
    /// arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">x is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range, x has no dimension, is not dense, has rows of 2^31 entries or more, or
    /// is on the CPU and holds 2 GiB or more. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type of x is not supported. The message names it.</exception>
    /// <exception cref="DykstraConvergenceException">The solver is <see cref="TopKSolver.Dykstra"/> and a row has not converged.</exception>
    public static Tensor topk_mask(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        var arguments = TopKArguments.Check(x, k, lambda, p, dim, solver);
        return Along.Dimension(x, dim, rows => new TopKMaskOperator(ComputePaths.For(rows), arguments, null));
    }

    /// <summary>Soft top-k in magnitude along a dimension: keeps its k entries largest in absolute value, exactly 0 on the rest.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to keep of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">The strength, above 0, in the units of x to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the core finds the threshold. Kernels and torch operations have a solver of their own, exact as well.</param>
    /// <returns>z, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para><c>z_i = sign(x_i) min(|x_i|, c_i + t_i)</c>, t_i = max(|x_i| - gamma, 0), c_i = (t_i/lambda)^a, a = 1/(p-1), gamma the
    /// largest root of sum min(c_i/gamma, 1) = k.</para>
    /// <para>Ties, infinities, NaN, and the gradient at a kink are as <see cref="TopKMagnitude"/> documents them.</para>
    /// <para>Cost: O(n) per row forward and backward; x and one float64 per row are kept for the backward pass. In torch operations as for
    /// <see cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <inheritdoc cref="topk_mask(Tensor, long, double, double, long, TopKSolver)" path="/exception"/>
    public static Tensor topk_magnitude(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        var arguments = TopKArguments.Check(x, k, lambda, p, dim, solver);
        return Along.Dimension(x, dim, rows => new TopKMagnitudeOperator(ComputePaths.For(rows), arguments, null));
    }

    /// <summary>The soft top-k mask along a dimension, with a k of its own for each row.</summary>
    /// <param name="x">The scores: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to choose of each row: integers of the shape of x without dim, or that broadcast to it; on the CPU or on
    /// the device of x. On another device than the CPU it is not read by the host: a row whose k is out of range is NaN.</param>
    /// <param name="lambda">The strength, above 0, in the units of x.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the core finds the threshold.</param>
    /// <inheritdoc cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor topk_mask(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        var arguments = TopKArguments.Check(x, lambda, p, dim, solver);
        using var counts = Arguments.CheckK(k, x, dim, arguments.N);
        return Along.Dimension(x, dim, rows => new TopKMaskOperator(ComputePaths.For(rows), arguments, counts));
    }

    /// <summary>Soft top-k in magnitude along a dimension, with a k of its own for each row.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to keep of each row: integers of the shape of x without dim, or that broadcast to it; on the CPU or on
    /// the device of x. On another device than the CPU it is not read by the host: a row whose k is out of range is NaN.</param>
    /// <param name="lambda">The strength, above 0, in the units of x to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">How the core finds the threshold.</param>
    /// <inheritdoc cref="topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor topk_magnitude(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        var arguments = TopKArguments.Check(x, lambda, p, dim, solver);
        using var counts = Arguments.CheckK(k, x, dim, arguments.N);
        return Along.Dimension(x, dim, rows => new TopKMagnitudeOperator(ComputePaths.For(rows), arguments, counts));
    }
}
