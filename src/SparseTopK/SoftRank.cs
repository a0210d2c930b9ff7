using System.Numerics;
using SparseTopK.Ordering;

namespace SparseTopK;

/// <summary>Soft ranks of each row: 1 to n, shared between entries that are close, and differentiable.</summary>
/// <remarks>
/// <para>With z = x/lambda (descending: -x/lambda), s = z in decreasing order and w = (n, n-1, ..., 1): y = s - v, put back in the
/// order of x, where v is the isotonic regression with the blocks' values</para>
/// <para>quadratic: <c>v = mean of s - mean of w</c>, so that y is the Euclidean projection of z on the permutahedron of (1, ..., n);</para>
/// <para>entropic: <c>v = log sum exp s - log sum exp w</c>, so that exp y is the Kullback-Leibler projection of exp z on the
/// permutahedron of (exp 1, ..., exp n).</para>
/// <para>Shapes: x, y and gradients hold rows of n entries, row-major. Every row is independent.</para>
/// <para>Quadratic ranks sum to n(n+1)/2. As lambda falls y becomes the hard ranks exactly; as it grows every rank tends to
/// (n+1)/2 (entropic: to the log of the mean of exp w). Tied entries share equally. Entries -infinity (masked) are ranked
/// together after the smallest and have no gradient; a row with a NaN or +infinity is all NaN.</para>
/// <para>Computed in float64 whatever T is; float and double are native, 16-bit floats are widened to float. Results do not depend
/// on the number of threads. Nothing is allocated in steady state. Range: magnitudes, and 1/lambda, up to 1e300.</para>
/// <para>Cost: O(n log n) per row: a sort, then O(n). The derivatives are O(n).</para>
/// <para>Source: Blondel, Teboul, Berthet and Djolonga, <i>Fast Differentiable Sorting and Ranking</i>, ICML 2020, arXiv:2002.08871.</para>
/// </remarks>
public static partial class SoftRank
{
    /// <summary>Computes the ranks of each row, and what their derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="destination">The ranks y, as long as x. It may be x itself; but the derivatives need x.</param>
    /// <param name="permutation">As long as x, or empty: the places of each row's entries from the highest rank to the lowest, ties in any
    /// order.</param>
    /// <param name="blockEnds">As long as x, or empty: the blocks of each row in that order, as
    /// <see cref="IsotonicRegression"/> gives them.</param>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps x
    /// with a shift, or permutation or blockEnds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, SoftOrder order, Span<T> destination, Span<int> permutation = default, Span<int> blockEnds = default)
        where T : unmanaged, INumberBase<T>
    {
        OrderingPass.Run(x, n, [], new(OrderingKind.Rank, order), destination, permutation, blockEnds);
    }

    /// <summary>The vector-Jacobian product of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <remarks>
    /// <para>In a block B: <c>destination_i = (g_i - c_i sum over B of g_j)/lambda</c>, with the opposite sign where descending; c_i is
    /// 1/|B| (quadratic), or exp z_i / sum over B of exp z_j (entropic). A block of one entry has 0, a NaN row is all NaN.</para>
    /// <para>Cost: O(n).</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, permutation or blockEnds is not
    /// what Forward wrote, or destination overlaps permutation or blockEnds, or another input with a shift. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, SoftOrder order,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        OrderingProductPass.Run(
            x, nameof(x), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(OrderingKind.Rank, order), destination, forward: false);
    }

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be x or tangent itself.</param>
    /// <remarks>In a block B: <c>destination_i = (dx_i - sum over B of c_j dx_j)/lambda</c>; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, SoftOrder, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> tangent, int n, SoftOrder order,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        OrderingProductPass.Run(
            x, nameof(x), permutation, blockEnds, tangent, nameof(tangent), n, new(OrderingKind.Rank, order), destination, forward: true);
    }
}
