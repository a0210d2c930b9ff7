using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Products;

namespace SparseTopK.Kernels;

/// <content>The magnitude.</content>
public sealed partial class GpuTopK
{
    /// <summary>Keeps the k entries of each row that are largest in absolute value, values and all; the small ones become exactly 0.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The kept values, as long as x. It may be x itself; but the VJP and the JVP need x.</param>
    /// <param name="thresholds">gamma of each row, which the VJP and the JVP take. NaN for a NaN row.</param>
    /// <param name="solver">How the threshold is found. Dykstra's algorithm has a method of its own, which reports how it ended.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>With t_i = max(|x_i| - gamma, 0) and c_i = (t_i/lambda)^a, a = 1/(p-1): <c>z_i = sign(x_i) min(|x_i|, c_i + t_i)</c>, where
    /// gamma is the largest root of sum min(c_i/gamma, 1) = k.</para>
    /// <para>Ties, gaps, zeros and NaN are as in <see cref="TopKMagnitude"/>.</para>
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
    public void MagnitudeForward<T>(
        ArrayView<T> x, int n, int k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        Guard.Length(thresholds.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(thresholds));
        Forward<T, MagnitudeOperator>(x, n, ArrayView<int>.Empty, k, norm, destination, thresholds, solver, stream);
    }

    /// <summary>Keeps the entries of each row that are largest in absolute value, k per row.</summary>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep of each row, from 0 to n. It is read on the device: a row whose k is out of range becomes NaN.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The kept values, as long as x. It may be x itself; but the VJP and the JVP need x.</param>
    /// <param name="thresholds">gamma of each row, which the VJP and the JVP take.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="MagnitudeForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, TopKSolver, AcceleratorStream)"/>
    public void MagnitudeForward<T>(
        ArrayView<T> x, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Length(k.Length, rows, nameof(k));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        Forward<T, MagnitudeOperator>(x, n, k, 0, norm, destination, thresholds, solver, stream);
    }

    /// <summary>The vector-Jacobian product of each row, from x and the thresholds of the forward pass.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values that MagnitudeForward was given.</param>
    /// <param name="thresholds">gamma of each row, from MagnitudeForward.</param>
    /// <param name="gradOutput">The gradient g of a loss with respect to z.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">The k of the forward pass.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x. It may be x or gradOutput itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>Saturated entries: g_i. On the pooled set B = {0 &lt; c_i &lt; gamma}, with A_i = a t_i^(a-1)/lambda^a, kappa = k - (number
    /// saturated), h_i = sign(x_i) g_i, S = sum over B of (A_i + 1) h_i and D = kappa + sum over B of A_i:
    /// <c>destination_i = sign(x_i) ((A_i + 1) h_i - A_i S/D)</c>. Elsewhere 0. A row whose threshold is NaN is all NaN.</para>
    /// <para>Cost: O(n) per row, two passes; for rows from 65,536 entries on two launches, and scratch for one sum for each group.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 4.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, a view has been disposed of, or destination overlaps an input with a shift. The exception names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void MagnitudeVjp<T>(
        ArrayView<T> x, ArrayView<double> thresholds, ArrayView<T> gradOutput, int n, int k, PNorm norm, ArrayView<T> destination,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        MagnitudeProduct<T, VectorJacobian>(x, thresholds, gradOutput, nameof(gradOutput), n, default, k, norm, destination, stream);
    }

    /// <summary>The vector-Jacobian product of each row, k per row.</summary>
    /// <inheritdoc cref="MagnitudeVjp{T}(ArrayView{T}, ArrayView{double}, ArrayView{T}, int, int, PNorm, ArrayView{T}, AcceleratorStream)"/>
    public void MagnitudeVjp<T>(
        ArrayView<T> x, ArrayView<double> thresholds, ArrayView<T> gradOutput, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.Length(k.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(k));
        MagnitudeProduct<T, VectorJacobian>(x, thresholds, gradOutput, nameof(gradOutput), n, k, 0, norm, destination, stream);
    }

    /// <summary>The Jacobian-vector product of each row: the transpose of the VJP.</summary>
    /// <param name="x">The values that MagnitudeForward was given.</param>
    /// <param name="thresholds">gamma of each row, from MagnitudeForward.</param>
    /// <param name="tangent">The direction dx.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">The k of the forward pass.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The derivative of z in that direction. It may be x or tangent itself.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>Saturated: dx_i. On B, with dx' = sign(x) dx: <c>destination_i = sign(x_i) (A_i + 1)(dx'_i - (sum over B of A_j dx'_j)/D)</c>.
    /// Elsewhere 0. The rest is as for the VJP.</remarks>
    /// <inheritdoc cref="MagnitudeVjp{T}(ArrayView{T}, ArrayView{double}, ArrayView{T}, int, int, PNorm, ArrayView{T}, AcceleratorStream)"/>
    public void MagnitudeJvp<T>(
        ArrayView<T> x, ArrayView<double> thresholds, ArrayView<T> tangent, int n, int k, PNorm norm, ArrayView<T> destination,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        MagnitudeProduct<T, JacobianVector>(x, thresholds, tangent, nameof(tangent), n, default, k, norm, destination, stream);
    }

    /// <summary>The Jacobian-vector product of each row, k per row.</summary>
    /// <inheritdoc cref="MagnitudeJvp{T}(ArrayView{T}, ArrayView{double}, ArrayView{T}, int, int, PNorm, ArrayView{T}, AcceleratorStream)"/>
    public void MagnitudeJvp<T>(
        ArrayView<T> x, ArrayView<double> thresholds, ArrayView<T> tangent, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.Length(k.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(k));
        MagnitudeProduct<T, JacobianVector>(x, thresholds, tangent, nameof(tangent), n, k, 0, norm, destination, stream);
    }

    private void MagnitudeProduct<T, TProduct>(
        ArrayView<T> x, ArrayView<double> thresholds, ArrayView<T> direction, string directionName, int n, ArrayView<int> counts, int k,
        PNorm norm, ArrayView<T> destination, AcceleratorStream? stream)
        where T : unmanaged
        where TProduct : unmanaged, IMagnitudeProduct
    {
        Guard.Length(thresholds.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(thresholds));
        if (CheckProduct(x, nameof(x), direction, directionName, n, norm, destination, counts, stream, out var queue))
        {
            CheckRows(thresholds, destination, nameof(thresholds));
            Dispatch<T>(new MagnitudeProductCall<T, TProduct>(_engine, x, thresholds, direction, n, counts, k, norm, destination, queue));
        }
    }

    private readonly record struct MagnitudeProductCall<T, TProduct>(
        Launching.Engine Engine, ArrayView<T> X, ArrayView<double> Thresholds, ArrayView<T> Direction, int N, ArrayView<int> Counts, int K,
        PNorm Norm, ArrayView<T> Destination, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
        where TProduct : unmanaged, IMagnitudeProduct
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new ProductLauncher<TStored, TElement>(
                Engine, X.Cast<TStored>(), Direction.Cast<TStored>(), N, Counts, K, Thresholds, Destination.Cast<TStored>(), Queue)
                .RunMagnitude<TProduct>(Norm);
    }
}
