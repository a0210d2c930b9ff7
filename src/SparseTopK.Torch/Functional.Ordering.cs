using SparseTopK.Torch.Functions;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <content>Soft ranks, soft sorts and isotonic regression.</content>
public static partial class Functional
{
    /// <summary>Soft ranks along a dimension: 1 to n, shared between entries that are close.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="lambda">The strength, above 0, in the units of x: entries whose gaps are lambda or more are ranked hard.</param>
    /// <param name="direction">Ascending: the largest entry has rank n. Descending: it has rank 1.</param>
    /// <param name="regularization">Quadratic (piecewise linear) or entropic (smooth within an ordering).</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <returns>The ranks, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para>Quadratic: the Euclidean projection of x/lambda (descending: -x/lambda) on the permutahedron of (1, ..., n). Entropic: its
    /// Kullback-Leibler counterpart, in logarithms. <see cref="SoftRank"/> documents both, ties, -infinity and NaN.</para>
    /// <para>Cost: O(n log n) per row, backward O(n). In torch operations O(n log^2 n), in about 70 log2(n) kernels, and nothing is read by
    /// the host. x, the order and the blocks are kept for the backward pass.</para>
    /// <para>Source: Blondel, Teboul, Berthet and Djolonga, <i>Fast Differentiable Sorting and Ranking</i>, ICML 2020,
    /// arXiv:2002.08871.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">x is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range, x has no dimension, is not dense, or is on the CPU and holds
    /// 2 GiB or more. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type of x is not supported. The message names it.</exception>
    public static Tensor soft_rank(
        Tensor x, double lambda, SortDirection direction = SortDirection.Ascending,
        SoftRegularization regularization = SoftRegularization.Quadratic, long dim = -1) =>
        Order(x, lambda, direction, regularization, isRank: true, dim);

    /// <summary>Values softly sorted along a dimension: in order, and averaged where they are far apart for lambda.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="lambda">The strength, above 0; 1/lambda has the units of x: gaps of at most 1/lambda are sorted hard.</param>
    /// <param name="direction">Whether the values increase or decrease along dim.</param>
    /// <param name="regularization">Quadratic (piecewise linear) or entropic (smooth within an ordering).</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <returns>The values in order, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para>Quadratic: the Euclidean projection of (n, ..., 1)/lambda on the permutahedron of x, or, ascending, minus that of -x.
    /// Entropic: its Kullback-Leibler counterpart, in logarithms. <see cref="SoftSort"/> documents both, ties, and NaN.</para>
    /// <para>Cost: as <see cref="soft_rank"/>.</para>
    /// <para>Source: Blondel et al., ICML 2020, arXiv:2002.08871.</para>
    /// </remarks>
    /// <inheritdoc cref="soft_rank" path="/exception"/>
    public static Tensor soft_sort(
        Tensor x, double lambda, SortDirection direction = SortDirection.Ascending,
        SoftRegularization regularization = SoftRegularization.Quadratic, long dim = -1) =>
        Order(x, lambda, direction, regularization, isRank: false, dim);

    /// <summary>Isotonic regression along a dimension: the monotone v that is nearest to x.</summary>
    /// <param name="x">The values: floating-point, of one dimension or more.</param>
    /// <param name="weights">The weights: of the shape of x, or as many as dim is long, for all rows; constants, on the device of x. None
    /// (all 1) is for least squares alone. On another device than the CPU they are not read by the host: a row with a weight that the objective
    /// does not admit is NaN.</param>
    /// <param name="objective">What is minimised: least squares, or a dual problem of the top-k operators.</param>
    /// <param name="order">Whether v decreases or increases along dim.</param>
    /// <param name="dim">The dimension; negative counts from the last.</param>
    /// <returns>v, of the shape and the type of x.</returns>
    /// <remarks>
    /// <para><c>v = argmin of the <see cref="IsotonicObjective"/> over v_1 &gt;= ... &gt;= v_n</c> (or &lt;=): least squares minimise
    /// <c>1/2 sum w_i (x_i - v_i)^2</c>. The gradient is that with respect to x. <see cref="IsotonicRegression"/> documents ties and NaN.</para>
    /// <para>Cost: O(n) per row for least squares. In torch operations O(n log^2 n), in about 70 log2(n) kernels, and nothing is read by the host;
    /// for objectives with p other than 2 in about 700 log2(n) kernels. x, v and the blocks are kept for the backward pass.</para>
    /// <para>Source: Best, Chakravarti and Ubhaya, SIAM J. Optim. 2000; the objectives: Sander et al., ICML 2023, arXiv:2302.01425.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">x is null.</exception>
    /// <exception cref="ArgumentException">An argument is out of its range, weights are missing, of another shape, on another device or require a
    /// gradient, x has no dimension, is not dense, or is on the CPU and holds 2 GiB or more. The exception names the argument.</exception>
    /// <exception cref="NotSupportedException">The type of x is not supported. The message names it.</exception>
    public static Tensor isotonic_regression(
        Tensor x, Tensor? weights = null, IsotonicObjective objective = default, IsotonicOrder order = IsotonicOrder.Decreasing,
        long dim = -1)
    {
        var arguments = new RegressionArguments(Arguments.CheckRows(x, dim), objective, order);
        IsotonicRegression.Forward<float>([], arguments.N, [], objective, [], default, order); // No rows: the core's own checks.
        RegressionWeights.Check(weights, x, dim, objective);
        return Along.Dimension(
            x, dim, rows => new RegressionOperator(ComputePaths.For(rows), arguments, RegressionWeights.AlongLast(weights, rows, dim)));
    }

    private static Tensor Order(
        Tensor x, double lambda, SortDirection direction, SoftRegularization regularization, bool isRank, long dim)
    {
        var n = Arguments.CheckRows(x, dim);
        LossArguments.Defined(direction, nameof(direction));
        LossArguments.Defined(regularization, nameof(regularization));
        var arguments = new OrderArguments(n, new(TopKSettings.Lambda(lambda), direction, regularization), isRank);
        return Along.Dimension(x, dim, rows => new OrderOperator(ComputePaths.For(rows), arguments));
    }
}
