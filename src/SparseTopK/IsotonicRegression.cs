using System.Numerics;
using SparseTopK.Isotonic;

namespace SparseTopK;

/// <summary>Isotonic regression of each row: the monotone v that is nearest to x, exactly, by pooling adjacent violators.</summary>
/// <remarks>
/// <para><c>v = argmin of an <see cref="IsotonicObjective"/> over v_1 &gt;= ... &gt;= v_n</c> (or &lt;=). The solution is constant on
/// blocks of neighbours. A block B takes the value g that minimises its part of the objective: for least squares the mean
/// <c>sum w_i x_i / sum w_i</c> over B; otherwise the root of
/// <c>sum over B of sign(x_i - g) |x_i - g|^(q-1) = lambda^(q-1) W</c>, W = sum w_i (linear term) or g sum w_i (quadratic term).</para>
/// <para>Shapes: x, v and gradients hold rows of n entries, row-major; weights hold n numbers for all rows, or one per entry, and for
/// least squares may be empty: all 1. Every row is independent.</para>
/// <para>Equal neighbours of equal weight keep one value exactly, at every scale. A row with a NaN or an infinity is all NaN.</para>
/// <para>Blocks and values are found in float64 whatever T is; float and double are native, 16-bit floats are widened to float.
/// Results do not depend on the number of threads. Nothing is allocated in steady state.</para>
/// <para>Cost: O(n) per row for least squares and p = 2. For p = 4/3 O(n), and some passes of Newton's method over each pool; for another
/// p O(n log n) at the worst, times those passes, and O(n) where few entries are pooled.</para>
/// <para>Range: the largest weight of a row up to 1e250 times its smallest; with a term, max |x| up to lambda 10^(140(p-1)), for p &gt;= 2 up to lambda 10^140; beyond, pools forget lambda.</para>
/// <para>Source: Ayer et al. 1955; Best, Chakravarti and Ubhaya, <i>Minimizing separable convex functions subject to simple
/// chain constraints</i>, SIAM J. Optim. 2000; the objectives: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
/// </remarks>
public static partial class IsotonicRegression
{
    /// <summary>Computes v of each row, and its blocks.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers for all rows, or as many as x holds. Least squares needs w &gt; 0, and takes none as
    /// all 1; the quadratic term needs w &gt;= 0.</param>
    /// <param name="objective">What is minimised.</param>
    /// <param name="destination">v, as long as x. It may be x itself; but the VJP of an objective with a term needs x.</param>
    /// <param name="blockEnds">The certificate that the VJP and the JVP take, as long as x, or empty. Of each row: the ends of its
    /// blocks in increasing order, that is for each block the place after its last entry, up to n; then n again to the end of
    /// the row. A NaN row starts with 0.</param>
    /// <param name="order">Which way v runs.</param>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps
    /// weights, or x with a shift, or blockEnds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, IsotonicObjective objective, Span<T> destination,
        Span<int> blockEnds = default, IsotonicOrder order = IsotonicOrder.Decreasing)
        where T : unmanaged, INumberBase<T>
    {
        RegressionPass.Run(x, n, weights, objective, destination, blockEnds, order);
    }

    /// <summary>The vector-Jacobian product of each row, with respect to x.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="v">The solution that Forward wrote.</param>
    /// <param name="blockEnds">The blocks, from Forward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to v.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="objective">The objective of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x, v or gradOutput itself.</param>
    /// <remarks>
    /// <para>In a block B: <c>destination_i = c_i/(sum over B of c_j + E) * sum over B of g_j</c>, where c_i = w_i and E = 0 for least
    /// squares; else c_i = (q-1) |x_i - v|^(q-2)/lambda^(q-1), E = 0 for the linear term and E = sum over B of w_j for the quadratic
    /// one. v of a block is polished from x first, so that a v rounded to T costs nothing.</para>
    /// <para>Where p &gt; 2 and x_i = v, c_i is infinite: the block follows those entries alone. A NaN row is all NaN.</para>
    /// <para>Cost: O(n); with a term and p other than 2, some passes over each block to polish v.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, blockEnds is not what Forward
    /// wrote, or destination overlaps blockEnds or weights, or another input with a shift. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, ReadOnlySpan<T> weights,
        IsotonicObjective objective, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        BlockProductPass.Run(x, v, blockEnds, gradOutput, nameof(gradOutput), n, weights, objective, destination, forward: false);
    }

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="v">The solution that Forward wrote.</param>
    /// <param name="blockEnds">The blocks, from Forward.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="objective">The objective of the forward pass.</param>
    /// <param name="destination">The derivative of v in that direction. It may be x, v or tangent itself.</param>
    /// <remarks>In a block B every entry is <c>sum over B of c_j dx_j/(sum over B of c_j + E)</c>; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, ReadOnlySpan{T}, IsotonicObjective, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> tangent, int n, ReadOnlySpan<T> weights,
        IsotonicObjective objective, Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        BlockProductPass.Run(x, v, blockEnds, tangent, nameof(tangent), n, weights, objective, destination, forward: true);
    }

    /// <summary>Least squares of one row with equal weights, into a new array.</summary>
    /// <param name="x">The values: one row.</param>
    /// <param name="order">Which way v runs.</param>
    /// <returns>v, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, ReadOnlySpan{T}, IsotonicObjective, Span{T}, Span{int}, IsotonicOrder)"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, IsotonicOrder order = IsotonicOrder.Decreasing)
        where T : unmanaged, INumberBase<T> => Forward(x, x.Length, [], IsotonicObjective.LeastSquares, out _, order);

    /// <summary>Computes v and the blocks of each row, into new arrays.</summary>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers for all rows, or as many as x holds; for least squares none stands for all 1.</param>
    /// <param name="objective">What is minimised.</param>
    /// <param name="blockEnds">The certificate that the VJP and the JVP take.</param>
    /// <param name="order">Which way v runs.</param>
    /// <returns>v, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, ReadOnlySpan{T}, IsotonicObjective, Span{T}, Span{int}, IsotonicOrder)"/>
    public static T[] Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, IsotonicObjective objective, out int[] blockEnds,
        IsotonicOrder order = IsotonicOrder.Decreasing)
        where T : unmanaged, INumberBase<T>
    {
        var v = new T[x.Length];
        blockEnds = new int[x.Length];
        Forward(x, n, weights, objective, v.AsSpan(), blockEnds, order);
        return v;
    }

    /// <summary>The vector-Jacobian product of each row, into a new array.</summary>
    /// <returns>The gradient with respect to x.</returns>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, ReadOnlySpan{T}, IsotonicObjective, Span{T})"/>
    public static T[] Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, ReadOnlySpan<T> weights,
        IsotonicObjective objective)
        where T : unmanaged, INumberBase<T>
    {
        var gradient = new T[x.Length];
        Vjp(x, v, blockEnds, gradOutput, n, weights, objective, gradient.AsSpan());
        return gradient;
    }
}
