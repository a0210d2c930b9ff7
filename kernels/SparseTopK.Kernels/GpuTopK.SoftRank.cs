using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels;

/// <content>Soft ranks.</content>
public sealed partial class GpuTopK
{
    /// <summary>Computes the soft ranks of each row, and what their derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="destination">The ranks y, as long as x. It may be x itself; but the derivatives need x.</param>
    /// <param name="permutation">As long as x, or nothing: the places of each row's entries from the highest rank to the lowest, ties in
    /// the order of their places.</param>
    /// <param name="blockEnds">As long as x, or nothing: the blocks of each row in that order, as <see cref="IsotonicForward{T}"/> writes them.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>y is the projection of x/lambda (descending: -x/lambda) on the permutahedron of (1, ..., n), Euclidean or entropic: see
    /// <see cref="SoftRank"/>. Tied entries share equally. Entries -infinity (masked) are ranked together after the smallest and have no
    /// gradient; a row with a NaN or +infinity is all NaN.</para>
    /// <para>Computed in float64 whatever T is. Cost: a sort of O(n log^2 n) comparisons by a team of threads for each row, or by the whole
    /// device where rows are long; then O(n) steps by a thread for each row: it pays where there are many rows. Scratch: 12
    /// bytes for each entry, in pieces of at most 256 MB, and 48 bytes for each entry of the rows that run at once, at most 256 MB or one row.</para>
    /// <para>Source: Blondel, Teboul, Berthet and Djolonga, ICML 2020, arXiv:2002.08871.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, or destination overlaps x with a shift, or permutation or blockEnds overlaps anything. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void SoftRankForward<T>(
        ArrayView<T> x, int n, SoftOrder order, ArrayView<T> destination, ArrayView<int> permutation = default,
        ArrayView<int> blockEnds = default, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingForward(x, n, default, new(OrderingKind.Rank, order), destination, permutation, blockEnds, stream);

    /// <summary>The vector-Jacobian product of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values that SoftRankForward was given.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>In a block B: <c>destination_i = (g_i - c_i sum over B of g_j)/lambda</c>, with the opposite sign where descending; c_i is
    /// 1/|B| (quadratic), or exp z_i / sum over B of exp z_j (entropic). A block of one entry has 0, a NaN row is all NaN.</para>
    /// <para>Cost: O(n), a thread for each row. No scratch.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, or destination overlaps an input with a shift, or permutation or blockEnds at all. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    public void SoftRankVjp<T>(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> gradOutput, int n, SoftOrder order,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            x, nameof(x), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(OrderingKind.Rank, order), destination, false, stream);

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that SoftRankForward was given.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be x or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>In a block B: <c>(dx_i - sum over B of c_j dx_j)/lambda</c>; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="SoftRankVjp{T}(ArrayView{T}, ArrayView{int}, ArrayView{int}, ArrayView{T}, int, SoftOrder, ArrayView{T}, AcceleratorStream)"/>
    public void SoftRankJvp<T>(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> tangent, int n, SoftOrder order,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            x, nameof(x), permutation, blockEnds, tangent, nameof(tangent), n, new(OrderingKind.Rank, order), destination, true, stream);
}
