using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <content>The hard operators, and hard values with soft gradients.</content>
public static partial class Functional
{
    /// <summary>The hard top-k mask along a dimension: 1 on exactly k largest entries, 0 on the rest. It is a constant: it has no gradient.</summary>
    /// <param name="x">The scores: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to choose of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">Not used, nor is p, nor solver, but checked: the signature is that of
    /// <see cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>, so that one can stand in for the other.</param>
    /// <param name="p">Not used.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">Not used.</param>
    /// <returns>The mask, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para>The limit of the soft mask as lambda falls, but for ties: where the k-th largest value occurs again, the soft mask is shared,
    /// and here the entries that come first along dim are chosen. An entry -infinity is not chosen; a row with a NaN or +infinity is all
    /// NaN, as it is for the soft mask.</para>
    /// <para>Cost: O(n) per row. On the CPU, ties at the k-th place cost a few passes more. Nothing is read from another device.</para>
    /// </remarks>
    /// <inheritdoc cref="topk_mask(Tensor, long, double, double, long, TopKSolver)" path="/exception"/>
    public static Tensor hard_topk_mask(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        TopKArguments.Check(x, k, lambda, p, dim, solver);
        return HardTopK.Mask(x, k, null, dim);
    }

    /// <summary>The hard top-k mask along a dimension, with a k of its own for each row. It is a constant: it has no gradient.</summary>
    /// <param name="x">The scores: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to choose of each row, as for <see cref="topk_mask(Tensor, Tensor, double, double, long, TopKSolver)"/>.</param>
    /// <param name="lambda">Not used, nor is p, nor solver.</param>
    /// <param name="p">Not used.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">Not used.</param>
    /// <inheritdoc cref="hard_topk_mask(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor hard_topk_mask(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        using var counts = Arguments.CheckK(k, x, dim, TopKArguments.Check(x, lambda, p, dim, solver).N);
        return HardTopK.Mask(x, 0, counts, dim);
    }

    /// <summary>Hard top-k in magnitude along a dimension: exactly k entries largest in absolute value, 0 on the rest.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to keep of each row along dim, from 0 to its length.</param>
    /// <param name="lambda">Not used, nor is p, nor solver, but checked: the signature is that of
    /// <see cref="topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>, so that one can stand in for the other.</param>
    /// <param name="p">Not used.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">Not used.</param>
    /// <returns>The kept values, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para>Of magnitudes that tie at the k-th place those that come first along dim are kept. The gradient passes where an entry is kept,
    /// and is 0 elsewhere. A row with a NaN or an infinity is all NaN.</para>
    /// <para>Cost: O(n) per row. On the CPU, ties at the k-th place cost a few passes more. Nothing is read from another device.</para>
    /// </remarks>
    /// <inheritdoc cref="topk_mask(Tensor, long, double, double, long, TopKSolver)" path="/exception"/>
    public static Tensor hard_topk_magnitude(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        TopKArguments.Check(x, k, lambda, p, dim, solver);
        return HardTopK.Magnitude(x, k, null, dim);
    }

    /// <summary>Hard top-k in magnitude along a dimension, with a k of its own for each row.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="k">How many to keep of each row, as for <see cref="topk_magnitude(Tensor, Tensor, double, double, long, TopKSolver)"/>.</param>
    /// <param name="lambda">Not used, nor is p, nor solver.</param>
    /// <param name="p">Not used.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <param name="solver">Not used.</param>
    /// <inheritdoc cref="hard_topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor hard_topk_magnitude(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold)
    {
        using var counts = Arguments.CheckK(k, x, dim, TopKArguments.Check(x, lambda, p, dim, solver).N);
        return HardTopK.Magnitude(x, 0, counts, dim);
    }

    /// <summary>The values of <see cref="hard_topk_mask(Tensor, long, double, double, long, TopKSolver)"/> with the gradient of
    /// <see cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>: a straight-through estimator.</summary>
    /// <inheritdoc cref="topk_mask(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor straight_through_topk_mask(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        HardTopK.StraightThrough(hard_topk_mask(x, k, lambda, p, dim, solver), () => topk_mask(x, k, lambda, p, dim, solver));

    /// <summary>The same, with a k of its own for each row.</summary>
    /// <inheritdoc cref="topk_mask(Tensor, Tensor, double, double, long, TopKSolver)"/>
    public static Tensor straight_through_topk_mask(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        HardTopK.StraightThrough(hard_topk_mask(x, k, lambda, p, dim, solver), () => topk_mask(x, k, lambda, p, dim, solver));

    /// <summary>The values of <see cref="hard_topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/> with the gradient of
    /// <see cref="topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>: a straight-through estimator.</summary>
    /// <inheritdoc cref="topk_magnitude(Tensor, long, double, double, long, TopKSolver)"/>
    public static Tensor straight_through_topk_magnitude(
        Tensor x, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        HardTopK.StraightThrough(hard_topk_magnitude(x, k, lambda, p, dim, solver), () => topk_magnitude(x, k, lambda, p, dim, solver));

    /// <summary>The same, with a k of its own for each row.</summary>
    /// <inheritdoc cref="topk_magnitude(Tensor, Tensor, double, double, long, TopKSolver)"/>
    public static Tensor straight_through_topk_magnitude(
        Tensor x, Tensor k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        HardTopK.StraightThrough(hard_topk_magnitude(x, k, lambda, p, dim, solver), () => topk_magnitude(x, k, lambda, p, dim, solver));
}
