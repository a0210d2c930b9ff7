using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Isotonic;

namespace SparseTopK.Kernels;

/// <content>Isotonic regression.</content>
public sealed partial class GpuTopK
{
    /// <summary>Isotonic regression of each row by pooling adjacent violators, and its blocks.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w: n finite numbers for all rows, or as many as x holds. Least squares needs w &gt; 0, and takes none as all 1; the
    /// quadratic term needs w &gt;= 0. They are read on the device: a row with a weight that is not one becomes NaN.</param>
    /// <param name="objective">What is minimised: least squares, or a term with p = 2 or p = 4/3.</param>
    /// <param name="destination">v, as long as x. It may be x itself; but the VJP and the JVP need x.</param>
    /// <param name="blockEnds">The certificate that the VJP and the JVP take, as long as x, or nothing; as
    /// <see cref="IsotonicRegression"/> writes it. A NaN row starts with 0.</param>
    /// <param name="order">Which way v runs.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para><c>v = argmin of the objective over v_1 &gt;= ... &gt;= v_n</c> (or &lt;=), exactly: see <see cref="IsotonicRegression"/>.</para>
    /// <para>Equal neighbours of equal weight keep one value exactly. A row with a NaN or an infinity is all NaN. Computed in float64
    /// whatever T is.</para>
    /// <para>Cost: O(n) per row, and for p = 4/3 some passes of Newton's method over each pool; a thread for each row, whatever its length:
    /// it pays where there are many rows. Scratch: 24 bytes for each entry of the rows that run at once, 56 for p = 4/3; at most 256 MB or
    /// one row.</para>
    /// <para>Source: Ayer et al. 1955; Best, Chakravarti and Ubhaya 2000; the objectives: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, the objective has another p, a view or
    /// the stream belongs to another accelerator, or destination overlaps x with a shift or weights or blockEnds at all. The exception names
    /// the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void IsotonicForward<T>(
        ArrayView<T> x, int n, ArrayView<T> weights, IsotonicObjective objective, ArrayView<T> destination,
        ArrayView<int> blockEnds = default, IsotonicOrder order = IsotonicOrder.Decreasing, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.Rows(x.Length, n, nameof(x));
        Guard.Length(blockEnds.Length, blockEnds.Length == 0 ? 0 : x.Length, nameof(blockEnds));
        CheckOrder(order);
        if (CheckRegression(x, n, weights, objective, destination, blockEnds, stream, out var queue))
        {
            Dispatch<T>(new RegressionCall<T>(_engine, x, n, weights, objective, blockEnds, destination, order, queue));
        }
    }

    /// <summary>The vector-Jacobian product of each row, with respect to x.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values that IsotonicForward was given.</param>
    /// <param name="v">The solution that it wrote.</param>
    /// <param name="blockEnds">The blocks, from IsotonicForward. They are read on the device: a row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to v.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="objective">The objective of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x, v or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>In a block B: <c>destination_i = c_i/(sum over B of c_j + E) * sum over B of g_j</c>, where c_i = w_i and E = 0 for least
    /// squares; else c_i = (q-1) |x_i - v|^(q-2)/lambda^(q-1), E = 0 for the linear term and E = sum over B of w_j for the quadratic one. v of
    /// a block is polished from x first, so that a v rounded to T costs nothing.</para>
    /// <para>A NaN row is all NaN.</para>
    /// <para>Cost: O(n), a thread for each row; for p = 4/3 some passes over each block to polish v. No scratch.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, the objective has another p, a view or
    /// the stream belongs to another accelerator, or destination overlaps x, v or the direction with a shift, or weights or blockEnds at all.
    /// The exception names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    public void IsotonicVjp<T>(
        ArrayView<T> x, ArrayView<T> v, ArrayView<int> blockEnds, ArrayView<T> gradOutput, int n, ArrayView<T> weights,
        IsotonicObjective objective, ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        IsotonicProduct(x, v, blockEnds, gradOutput, nameof(gradOutput), n, weights, objective, destination, false, stream);

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that IsotonicForward was given.</param>
    /// <param name="v">The solution that it wrote.</param>
    /// <param name="blockEnds">The blocks, from IsotonicForward. A row whose ends do not increase up to n becomes NaN.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">The weights of the forward pass.</param>
    /// <param name="objective">The objective of the forward pass.</param>
    /// <param name="destination">The derivative of v in that direction. It may be x, v or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>In a block B every entry is <c>sum over B of c_j dx_j/(sum over B of c_j + E)</c>; the rest is as for the VJP.</remarks>
    /// <inheritdoc cref="IsotonicVjp{T}(ArrayView{T}, ArrayView{T}, ArrayView{int}, ArrayView{T}, int, ArrayView{T}, IsotonicObjective, ArrayView{T}, AcceleratorStream)"/>
    public void IsotonicJvp<T>(
        ArrayView<T> x, ArrayView<T> v, ArrayView<int> blockEnds, ArrayView<T> tangent, int n, ArrayView<T> weights,
        IsotonicObjective objective, ArrayView<T> destination, AcceleratorStream? stream = null)
        where T : unmanaged =>
        IsotonicProduct(x, v, blockEnds, tangent, nameof(tangent), n, weights, objective, destination, true, stream);

    private void IsotonicProduct<T>(
        ArrayView<T> x, ArrayView<T> v, ArrayView<int> blockEnds, ArrayView<T> direction, string directionName, int n, ArrayView<T> weights,
        IsotonicObjective objective, ArrayView<T> destination, bool isForward, AcceleratorStream? stream)
        where T : unmanaged
    {
        Guard.Rows(x.Length, n, nameof(x));
        Guard.Length(v.Length, x.Length, nameof(v));
        Guard.Length(blockEnds.Length, x.Length, nameof(blockEnds));
        Guard.Length(direction.Length, x.Length, directionName);
        if (CheckRegression(x, n, weights, objective, destination, blockEnds, stream, out var queue))
        {
            Guard.View(v, Accelerator, nameof(v));
            Guard.View(direction, Accelerator, directionName);
            Guard.Overlap(v, destination, nameof(destination));
            Guard.Overlap(direction, destination, nameof(destination));
            Dispatch<T>(new BlockProductCall<T>(_engine, x, v, blockEnds, direction, n, weights, objective, destination, isForward, queue));
        }
    }

    /// <summary>Checks what the three methods share; false where there is nothing to do.</summary>
    private bool CheckRegression<T>(
        ArrayView<T> x, int n, ArrayView<T> weights, IsotonicObjective objective, ArrayView<T> destination, ArrayView<int> blockEnds,
        AcceleratorStream? stream, out AcceleratorStream queue)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        CheckWeights(weights, x, n, objective.Term);
        if (objective.Term != IsotonicTerm.None && objective.Norm.ResponseExponent is not (1 or 3))
        {
            throw new ArgumentException($"On an accelerator a term is for p = 2 or p = 4/3, and p is {objective.Norm.P}.", nameof(objective));
        }

        Guard.Length(destination.Length, x.Length, nameof(destination));
        queue = Guard.Stream(stream, Accelerator);
        if (rows == 0)
        {
            return false;
        }

        Guard.View(x, Accelerator, nameof(x));
        Guard.View(destination, Accelerator, nameof(destination));
        Guard.Overlap(x, destination, nameof(destination));
        CheckRows(weights, destination, nameof(weights));
        CheckReport(blockEnds, x, destination, nameof(blockEnds));
        return true;
    }

    private readonly record struct RegressionCall<T>(
        Launching.Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, IsotonicObjective Objective, ArrayView<int> BlockEnds,
        ArrayView<T> Destination, IsotonicOrder Order, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new RegressionLauncher<TStored, TElement>(
                Engine, X.Cast<TStored>(), N, Stored<T, TStored>(Weights), Objective, BlockEnds, Destination.Cast<TStored>(), Queue)
                .RunForward(Order);
    }

    private readonly record struct BlockProductCall<T>(
        Launching.Engine Engine, ArrayView<T> X, ArrayView<T> V, ArrayView<int> BlockEnds, ArrayView<T> Direction, int N,
        ArrayView<T> Weights, IsotonicObjective Objective, ArrayView<T> Destination, bool IsForward, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new RegressionLauncher<TStored, TElement>(
                Engine, X.Cast<TStored>(), N, Stored<T, TStored>(Weights), Objective, BlockEnds, Destination.Cast<TStored>(), Queue)
                .RunProduct(V.Cast<TStored>(), Direction.Cast<TStored>(), IsForward);
    }
}
