using System.Numerics;
using SparseTopK.Ordering;

namespace SparseTopK;

/// <summary>The soft choice from the permutahedron of any weights: top-k, ranks and sorts are three choices of them.</summary>
/// <remarks>
/// <para><c>y = argmax over y in P(w) of &lt;x, y&gt; - (lambda/p) ||y||_p^p</c>, where P(w) is the convex hull of the permutations of
/// w_1 &gt;= ... &gt;= w_n. With s = x in decreasing order and v the isotonic regression of s with
/// <see cref="IsotonicObjective.LinearTerm"/>: <c>y = ((s - v)/lambda)^(1/(p-1))</c> (a signed power), put back in the order of x.</para>
/// <para>Shapes: x, y and gradients hold rows of n entries, row-major; weights hold n decreasing numbers for all rows, or one per
/// entry. Every row is independent.</para>
/// <para>y follows the order of x and sums to sum w. Where neighbours in that order are far enough apart, y is a permutation of w
/// exactly; as lambda grows, every y_i tends to the mean of w. w = (1, ..., 1, 0, ..., 0) gives <see cref="TopKMask"/>. Tied
/// entries share equally. Entries -infinity share the smallest weights, as in the limit, and have no gradient (the mask gives them
/// 0 even where k is more than the rest); a row with a NaN or +infinity is all NaN.</para>
/// <para>Computed in float64 whatever T is; float and double are native, 16-bit floats are widened to float. Results do not depend
/// on the number of threads. Nothing is allocated in steady state. Range: magnitudes, and 1/lambda, up to 1e300.</para>
/// <para>Cost: O(n log n) per row, a sort; and for p other than 2 and 4/3 O(n log n) powers at the worst.</para>
/// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4; p = 2: Blondel et al., ICML 2020, arXiv:2002.08871.</para>
/// </remarks>
public static partial class Permutahedron
{
    /// <summary>Computes y of each row, and what its derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers that do not increase, for all rows; or as many as x holds.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">y, as long as x. It may be x itself.</param>
    /// <param name="permutation">As long as x, or empty: the places of each row's entries in decreasing order, ties in any order.</param>
    /// <param name="blockEnds">As long as x, or empty: the blocks of each row in that order, as
    /// <see cref="IsotonicRegression"/> gives them.</param>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps
    /// weights, or x with a shift, or permutation or blockEnds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, PNorm norm, Span<T> destination, Span<int> permutation = default,
        Span<int> blockEnds = default)
        where T : unmanaged, INumberBase<T>
    {
        OrderingPass.Run(x, n, weights, new(norm), destination, permutation, blockEnds);
    }

    /// <summary>The vector-Jacobian product of each row, with respect to x.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="y">What Forward wrote.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be y or gradOutput itself.</param>
    /// <remarks>
    /// <para>With d_i = |y_i|^(2-p)/(lambda (p-1)), in a block B: <c>destination_i = d_i (g_i - sum over B of d_j g_j / sum over B of
    /// d_j)</c>; 0 in a block of one entry. Where p &gt; 2 the derivative is unbounded as y_i -&gt; 0; the result is finite all the
    /// same. A NaN row is all NaN.</para>
    /// <para>Cost: O(n).</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, permutation or blockEnds is not
    /// what Forward wrote, or destination overlaps permutation or blockEnds, or another input with a shift. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Vjp<T>(
        ReadOnlySpan<T> y, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, PNorm norm,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        OrderingProductPass.Run(y, nameof(y), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(norm), destination, forward: false);
    }

    /// <summary>The Jacobian-vector product of each row. The Jacobian is symmetric: it is the VJP of the tangent.</summary>
    /// <param name="y">What Forward wrote.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="tangent">The direction in x.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be y or tangent itself.</param>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, PNorm, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> y, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> tangent, int n, PNorm norm,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        OrderingProductPass.Run(y, nameof(y), permutation, blockEnds, tangent, nameof(tangent), n, new(norm), destination, forward: true);
    }

    /// <summary>Computes y of one row, into a new array.</summary>
    /// <param name="x">The scores: one row.</param>
    /// <param name="weights">w: as many finite numbers as x holds, that do not increase.</param>
    /// <param name="norm">The regularizer.</param>
    /// <returns>y, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, ReadOnlySpan{T}, PNorm, Span{T}, Span{int}, Span{int})"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        var y = new T[x.Length];
        Forward(x, x.Length, weights, norm, y.AsSpan());
        return y;
    }

    /// <summary>Computes y of each row and what its derivatives need, into new arrays.</summary>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers that do not increase, for all rows; or as many as x holds.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="blockEnds">The blocks of each row in that order.</param>
    /// <returns>y, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, ReadOnlySpan{T}, PNorm, Span{T}, Span{int}, Span{int})"/>
    public static T[] Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, PNorm norm, out int[] permutation, out int[] blockEnds)
        where T : unmanaged, INumberBase<T>
    {
        var y = new T[x.Length];
        (permutation, blockEnds) = (new int[x.Length], new int[x.Length]);
        Forward(x, n, weights, norm, y.AsSpan(), permutation, blockEnds);
        return y;
    }

    /// <summary>The vector-Jacobian product of each row, into a new array.</summary>
    /// <returns>The gradient with respect to x.</returns>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, PNorm, Span{T})"/>
    public static T[] Vjp<T>(
        ReadOnlySpan<T> y, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        var gradient = new T[y.Length];
        Vjp(y, permutation, blockEnds, gradOutput, n, norm, gradient.AsSpan());
        return gradient;
    }
}
