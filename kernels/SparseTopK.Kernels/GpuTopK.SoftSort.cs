using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels;

/// <content>Soft sorts.</content>
public sealed partial class GpuTopK
{
    /// <summary>Sorts each row softly, and gives what the derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="destination">The values y in order, as long as x. It may be x itself; but the derivatives need x.</param>
    /// <param name="permutation">As long as x, or nothing: the places of each row's entries in sorted order, ties in the order of their places.</param>
    /// <param name="blockEnds">As long as x, or nothing: the blocks of each row in that order, as <see cref="IsotonicForward{T}"/> writes them.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>y is the projection of (n, ..., 1)/lambda on the permutahedron of the row, Euclidean or entropic: see <see cref="SoftSort"/>.
    /// A row with a NaN or an infinity is all NaN.</para>
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
    public void SoftSortForward<T>(
        ArrayView<T> x, int n, SoftOrder order, ArrayView<T> destination, ArrayView<int> permutation = default,
        ArrayView<int> blockEnds = default, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingForward(x, n, default, new(OrderingKind.Sort, order), destination, permutation, blockEnds, stream);

    /// <summary>The vector-Jacobian product of each row.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values that SoftSortForward was given.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y: g_j belongs to the j-th value in order.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>The entry x_i at place j of the order, in a block B of places: <c>destination_i = c_i sum over B of g_j</c>; c_i is 1/|B|
    /// (quadratic), or its share exp w_i / sum over B of exp w_j (entropic). Tied entries get the mean of what they would get. A
    /// NaN row is all NaN.</para>
    /// <para>Cost: O(n), a thread for each row. Scratch: 8 bytes for each entry of the rows that run at once, at most 256 MB or one row.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, or destination overlaps an input with a shift, or permutation or blockEnds at all. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void SoftSortVjp<T>(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> gradOutput, int n, SoftOrder order,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            x, nameof(x), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(OrderingKind.Sort, order), destination, false, stream);

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that SoftSortForward was given.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be x or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>Every place of a block B has <c>sum over B of c_i dx_i</c>, tied entries with the mean of their dx; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="SoftSortVjp{T}(ArrayView{T}, ArrayView{int}, ArrayView{int}, ArrayView{T}, int, SoftOrder, ArrayView{T}, AcceleratorStream)"/>
    public void SoftSortJvp<T>(
        ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> tangent, int n, SoftOrder order,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            x, nameof(x), permutation, blockEnds, tangent, nameof(tangent), n, new(OrderingKind.Sort, order), destination, true, stream);
}
