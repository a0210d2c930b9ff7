using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Products;

namespace SparseTopK.Kernels;

/// <content>The mask.</content>
public sealed partial class GpuTopK
{
    /// <summary>Computes the mask of each row: k ones spread over its largest entries, exactly 0 on the rest.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or nothing. +infinity where k = 0, -infinity where fewer than k entries are finite, NaN for
    /// a NaN row.</param>
    /// <param name="solver">How the threshold is found. Dykstra's algorithm has a method of its own, which reports how it ended.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para><c>y = argmax over {0 &lt;= y_i &lt;= 1, sum y = k} of &lt;x, y&gt; - (lambda/p) ||y||_p^p</c>, that is
    /// <c>y_i = min(1, (max(x_i - tau, 0)/lambda)^a)</c>, a = 1/(p-1), where tau is the largest root of sum y_i = k.</para>
    /// <para>Ties, gaps, infinities and NaN are as in <see cref="TopKMask"/>.</para>
    /// <para>Cost: O(n) per row. Short rows are solved by one thread each, longer ones by a group, rows from 65,536 entries on by several
    /// groups. Scratch: as much memory as x where x is destination and rows have 256 entries or more; else next to none.
    /// <see cref="TopKSolver.Pav"/>, for p = 2 and p = 4/3, sorts: O(n log^2 n), and up to 512 MB of scratch, or a long row's 8 n bytes, for rows
    /// from 2,048 entries on.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, a view has been disposed of, destination overlaps x with a shift, or a report overlaps another view. The exception
    /// names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void MaskForward<T>(
        ArrayView<T> x, int n, int k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds = default,
        TopKSolver solver = TopKSolver.Threshold, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        Forward<T, MaskOperator>(x, n, ArrayView<int>.Empty, k, norm, destination, thresholds, solver, stream);
    }

    /// <summary>Computes the mask of each row, k per row.</summary>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose of each row, from 0 to n. It is read on the device: a row whose k is out of range becomes NaN.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or nothing.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="MaskForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, TopKSolver, AcceleratorStream)"/>
    public void MaskForward<T>(
        ArrayView<T> x, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds = default,
        TopKSolver solver = TopKSolver.Threshold, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.Length(k.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(k));
        Forward<T, MaskOperator>(x, n, k, 0, norm, destination, thresholds, solver, stream);
    }

    /// <summary>Computes the mask of each row, in new device memory.</summary>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <returns>The mask, as long as x: the caller's to dispose of.</returns>
    /// <inheritdoc cref="MaskForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, TopKSolver, AcceleratorStream)"/>
    public MemoryBuffer1D<T, Stride1D.Dense> MaskForward<T>(ArrayView<T> x, int n, int k, PNorm norm, AcceleratorStream? stream = null)
        where T : unmanaged =>
        Allocate<T>(x.Length, y => MaskForward(x, n, k, norm, y, default, TopKSolver.Threshold, stream));

    /// <summary>The vector-Jacobian product of each row of the mask, from the mask itself.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="y">The mask that MaskForward wrote.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to y.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be y or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>With d_i = y_i^(2-p)/(lambda (p-1)) on the free set 0 &lt; y_i &lt; 1, elsewhere 0:
    /// <c>destination_i = d_i (g_i - sum_j d_j g_j / sum_j d_j)</c>, and 0 in a row without a free entry. A row with a NaN in y is all
    /// NaN. Where p &gt; 2 the derivative is unbounded as y_i -&gt; 0+: it is clamped to the type's range.</para>
    /// <para>Cost: O(n) per row, two passes; for rows from 65,536 entries on two launches, and scratch for one sum for each group.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, n is negative, norm is none, a view or the stream belongs to another
    /// accelerator, a view has been disposed of, or destination overlaps an input with a shift. The exception names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void MaskVjp<T>(
        ArrayView<T> y, ArrayView<T> gradOutput, int n, PNorm norm, ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged => MaskProduct(y, nameof(y), gradOutput, nameof(gradOutput), n, norm, destination, stream);

    /// <summary>The Jacobian-vector product of each row. The Jacobian is symmetric: it is the VJP of the tangent.</summary>
    /// <param name="y">The mask that MaskForward wrote.</param>
    /// <param name="tangent">The direction in x.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of y in that direction. It may be y or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="MaskVjp{T}(ArrayView{T}, ArrayView{T}, int, PNorm, ArrayView{T}, AcceleratorStream)"/>
    public void MaskJvp<T>(
        ArrayView<T> y, ArrayView<T> tangent, int n, PNorm norm, ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged => MaskProduct(y, nameof(y), tangent, nameof(tangent), n, norm, destination, stream);

    private void MaskProduct<T>(
        ArrayView<T> y, string yName, ArrayView<T> direction, string directionName, int n, PNorm norm, ArrayView<T> destination,
        AcceleratorStream? stream)
        where T : unmanaged
    {
        if (CheckProduct(y, yName, direction, directionName, n, norm, destination, default, stream, out var queue))
        {
            Dispatch<T>(new MaskProductCall<T>(_engine, y, direction, n, norm, destination, queue));
        }
    }

    private readonly record struct MaskProductCall<T>(
        Launching.Engine Engine, ArrayView<T> Y, ArrayView<T> Direction, int N, PNorm Norm, ArrayView<T> Destination, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new ProductLauncher<TStored, TElement>(
                Engine, Y.Cast<TStored>(), Direction.Cast<TStored>(), N, default, 0, default, Destination.Cast<TStored>(), Queue).RunMask(Norm);
    }
}
