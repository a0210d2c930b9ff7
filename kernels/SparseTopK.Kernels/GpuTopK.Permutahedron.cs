using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <content>The permutahedron.</content>
public sealed partial class GpuTopK
{
    /// <summary>Computes the soft choice of each row from the permutahedron of any weights, and what its derivatives need.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers that do not increase, for all rows; or as many as x holds. They are read on the device: a
    /// row whose weights are not such becomes NaN.</param>
    /// <param name="norm">The regularizer, of any p.</param>
    /// <param name="destination">y, as long as x. It may be x itself.</param>
    /// <param name="permutation">As long as x, or nothing: the places of each row's entries in decreasing order, ties in the order of their
    /// places.</param>
    /// <param name="blockEnds">As long as x, or nothing: the blocks of each row in that order, as <see cref="IsotonicForward{T}"/> writes them.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para><c>y = argmax over y in P(w) of &lt;x, y&gt; - (lambda/p) ||y||_p^p</c>: see <see cref="Permutahedron"/>. Tied entries share
    /// equally. Entries -infinity share the smallest weights and have no gradient; a row with a NaN or +infinity is all NaN.</para>
    /// <para>Computed in float64 whatever T is. Cost: a sort of O(n log^2 n) comparisons by a team of threads for each row, or by the whole
    /// device where rows are long; then O(n) steps, or for p other than 2 at the worst O(n log n) powers, by a thread for each row: it pays where there are many rows. Scratch: 12
    /// bytes for each entry, in pieces of at most 256 MB, and 48 bytes for each entry of the rows that run at once, at most 256 MB or one row.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4; p = 2: Blondel et al., ICML 2020, arXiv:2002.08871.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, or destination overlaps x with a shift or weights at all, or permutation or blockEnds overlaps anything. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void PermutahedronForward<T>(
        ArrayView<T> x, int n, ArrayView<T> weights, PNorm norm, ArrayView<T> destination, ArrayView<int> permutation = default,
        ArrayView<int> blockEnds = default, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingForward(x, n, weights, new(norm), destination, permutation, blockEnds, stream);

    /// <summary>The vector-Jacobian product of each row, with respect to x.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="y">What PermutahedronForward wrote.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be y or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>With d_i = |y_i|^(2-p)/(lambda (p-1)), in a block B: <c>destination_i = d_i (g_i - sum over B of d_j g_j / sum over B of
    /// d_j)</c>; 0 in a block of one entry. Where p &gt; 2 the derivative is unbounded as y_i -&gt; 0; the result is finite all the
    /// same. A NaN row is all NaN.</para>
    /// <para>Cost: O(n), a thread for each row. No scratch.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, or destination overlaps an input with a shift, or permutation or blockEnds at all. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    public void PermutahedronVjp<T>(
        ArrayView<T> y, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> gradOutput, int n, PNorm norm,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            y, nameof(y), permutation, blockEnds, gradOutput, nameof(gradOutput), n, new(norm), destination, false, stream);

    /// <summary>The Jacobian-vector product of each row. The Jacobian is symmetric: it is the VJP of the tangent.</summary>
    /// <param name="y">What PermutahedronForward wrote.</param>
    /// <param name="permutation">The order of each row, from the forward pass. It is read on the device: a row with a place that is none of
    /// its own becomes NaN.</param>
    /// <param name="blockEnds">The blocks of each row, from the forward pass. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="tangent">The direction in x.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be y or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="PermutahedronVjp{T}(ArrayView{T}, ArrayView{int}, ArrayView{int}, ArrayView{T}, int, PNorm, ArrayView{T}, AcceleratorStream)"/>
    public void PermutahedronJvp<T>(
        ArrayView<T> y, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> tangent, int n, PNorm norm,
        ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        OrderingProduct(
            y, nameof(y), permutation, blockEnds, tangent, nameof(tangent), n, new(norm), destination, true, stream);
}
