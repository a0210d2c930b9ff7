using System.Numerics;
using SparseTopK.Ordering;

namespace SparseTopK;

/// <summary>Each row softly sorted: its values in order, averaged where they are far apart for lambda, and differentiable.</summary>
/// <remarks>
/// <para>With w = the row in decreasing order (ascending: of -x) and s = (n, n-1, ..., 1)/lambda: y = s - v (ascending: v - s), where v is
/// the isotonic regression with the blocks' values</para>
/// <para>quadratic: <c>v = mean of s - mean of w</c>, so that y is the Euclidean projection of s on the permutahedron of w;</para>
/// <para>entropic: <c>v = log sum exp s - log sum exp w</c>, so that exp y is the Kullback-Leibler projection of exp s on the
/// permutahedron of exp w.</para>
/// <para>Shapes: x, y and gradients hold rows of n entries, row-major; y_j is the j-th value in order, not a value of x_j. Every row is
/// independent.</para>
/// <para>Quadratic values sum to sum x. As lambda falls y becomes the sorted row exactly; as it grows every value tends to the
/// mean (entropic: to the log of the mean of exp w). Tied values share their gradients. A row with a NaN or an infinity is all NaN.</para>
/// <para>Computed in float64 whatever T is; float and double are native, 16-bit floats are widened to float. Results do not depend
/// on the number of threads. Nothing is allocated in steady state. Range: magnitudes, and 1/lambda, up to 1e300.</para>
/// <para>Cost: O(n log n) per row: a sort, then O(n). The derivatives are O(n).</para>
/// <para>Source: Blondel, Teboul, Berthet and Djolonga, <i>Fast Differentiable Sorting and Ranking</i>, ICML 2020, arXiv:2002.08871.</para>
/// </remarks>
public static partial class SoftSort
{
    /// <summary>Sorts each row softly, and gives what the derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="destination">The values y in order, as long as x. It may be x itself; but the derivatives need x.</param>
    /// <param name="permutation">As long as x, or empty: the places of each row's entries in sorted order, ties in any order.</param>
    /// <param name="blockEnds">As long as x, or empty: the blocks of each row in that order, as
    /// <see cref="IsotonicRegression"/> gives them.</param>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps x
    /// with a shift, or permutation or blockEnds overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, SoftOrder order, Span<T> destination, Span<int> permutation = default, Span<int> blockEnds = default)
        where T : unmanaged, INumberBase<T>
    {
        OrderingPass.Run(x, n, [], new(OrderingKind.Sort, order), destination, permutation, blockEnds);
    }

    /// <summary>The vector-Jacobian product of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y: g_j belongs to the j-th value in order.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <remarks>
    /// <para>The entry x_i at place j of the order, in a block B of places: <c>destination_i = c_i sum over B of g_j</c>; c_i is 1/|B|
    /// (quadratic), or its share exp w_i / sum over B of exp w_j (entropic). Tied entries get the mean of what they would get. A
    /// NaN row is all NaN.</para>
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
            x, nameof(x), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(OrderingKind.Sort, order), destination, forward: false);
    }

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be x or tangent itself.</param>
    /// <remarks>Every place of a block B has <c>sum over B of c_i dx_i</c>, tied entries with the mean of their dx; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, SoftOrder, Span{T})"/>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> tangent, int n, SoftOrder order,
        Span<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        OrderingProductPass.Run(
            x, nameof(x), permutation, blockEnds, tangent, nameof(tangent), n, new(OrderingKind.Sort, order), destination, forward: true);
    }
}
