using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels;

/// <content>Dykstra's algorithm: the projection on the monotone cone, and the forward passes by it; and pooling as a solver.</content>
public sealed partial class GpuTopK
{
    /// <summary>The longest row of the solvers that sort and sweep: three numbers for each entry are counted in an int.</summary>
    private const int LongestSorted = 1 << 29;

    /// <summary>Projects each row on the monotone cone by Dykstra's alternating projections.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w &gt; 0: n finite numbers for all rows, as many as x holds, or none: all 1. They are read on the device: a row
    /// with a weight that is not one becomes NaN.</param>
    /// <param name="destination">v, as long as x. It may be x itself.</param>
    /// <param name="residuals">The residual of each row in units of its spread, or nothing; see <see cref="DykstraResult.Residual"/>. A row has
    /// converged where it is at most <see cref="DykstraOptions.Tolerance"/>, or NaN: a NaN row.</param>
    /// <param name="halfSweeps">The half-sweeps done on each row, or nothing; 0 where there was nothing to do.</param>
    /// <param name="options">When to stop; null for <see cref="DykstraOptions.Default"/>.</param>
    /// <param name="order">Which way v runs.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para><c>v -&gt; argmin of 1/2 sum w_i (x_i - v_i)^2 over v_1 &gt;= ... &gt;= v_n</c> (or &lt;=), an approximation: see
    /// <see cref="Dykstra"/>. As there, v of a row that has not converged is the last iterate, whatever the options accept.</para>
    /// <para>A row with a NaN or an infinity is all NaN. Computed in float64 whatever T is.</para>
    /// <para>Cost: O(n) per half-sweep, all pairs of a row at once. Rows of up to 64 entries are swept by one thread each, longer ones by a
    /// group, in its shared memory up to 1,536 entries (1,024 with weights). Scratch for other rows: two or three numbers of float64 for each
    /// entry of the rows that run at once, at most 256 MB or one row.</para>
    /// <para>Source: Boyle and Dykstra 1986; in this form Sander et al., ICML 2023, arXiv:2302.01425, section 5.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, a view has been disposed of, destination overlaps x with a shift, or weights or a report overlap it at all. The exception names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void DykstraProject<T>(
        ArrayView<T> x, int n, ArrayView<T> weights, ArrayView<T> destination, ArrayView<double> residuals = default,
        ArrayView<int> halfSweeps = default, DykstraOptions? options = null, IsotonicOrder order = IsotonicOrder.Decreasing,
        AcceleratorStream? stream = null)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        CheckSortedLength(n);
        CheckWeights(weights, x, n, IsotonicTerm.None);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        CheckReports(residuals, halfSweeps, rows);
        CheckOrder(order);
        var queue = Guard.Stream(stream, Accelerator);
        if (rows > 0)
        {
            Guard.View(x, Accelerator, nameof(x));
            Guard.View(destination, Accelerator, nameof(destination));
            Guard.Overlap(x, destination, nameof(destination));
            CheckRows(weights, destination, nameof(weights));
            CheckReport(residuals, x, destination, nameof(residuals));
            CheckReport(halfSweeps, x, destination, nameof(halfSweeps));
            Guard.NoOverlap(weights, residuals, nameof(residuals));
            Dispatch<T>(new ProjectionCall<T>(
                _engine, x, n, weights, order, options ?? DykstraOptions.Default, destination, residuals, halfSweeps, queue));
        }
    }

    /// <summary>Computes the mask of each row by Dykstra's algorithm.</summary>
    /// <typeparam name="T">float, double, <see cref="System.Half"/>, ILGPU's Half or <see cref="BFloat16"/>.</typeparam>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or nothing.</param>
    /// <param name="options">When to stop, and whether to take the best found.</param>
    /// <param name="residuals">The residual of each row, in units of an entry of the mask, or nothing; see
    /// <see cref="DykstraResult.Residual"/>. Above <see cref="DykstraOptions.Tolerance"/> where the row has not converged; NaN for a NaN row.</param>
    /// <param name="halfSweeps">The half-sweeps done on each row, or nothing; 0 for rows that need none (a gap, k = 0, NaN).</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>An approximation of <see cref="MaskForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, TopKSolver, AcceleratorStream)"/>:
    /// its error is of the order of m^2 times the residual where m entries compete. Zeros are exact.</para>
    /// <para>A launch throws no <see cref="DykstraConvergenceException"/>: a row that has not converged becomes NaN, its threshold too, unless
    /// <see cref="DykstraOptions.AcceptUnconverged"/> takes the best found. Ties, gaps, infinities and NaN are as in <see cref="TopKMask"/>.</para>
    /// <para>Cost: a sort, O(n log^2 n) comparisons, then O(m) per half-sweep. Rows of up to 64 entries are solved by one thread each, longer
    /// ones by a group, in its shared memory up to 1,536 entries; rows from 65,536 entries on are sorted by the whole device, in O(log^2 n)
    /// launches. Scratch for rows that are not in shared memory: two numbers of float64 for each entry of the rows that run at once, at
    /// most 512 MB or one row.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 5.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException">options is null.</exception>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, a view or the stream belongs to another
    /// accelerator, a view has been disposed of, destination overlaps x with a shift, or a report overlaps another view. The exception
    /// names the argument; nothing was queued.</exception>
    /// <exception cref="NotSupportedException">T is none of the types above.</exception>
    /// <exception cref="ObjectDisposedException">This instance or its accelerator was disposed of.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no memory for scratch; nothing was queued.</exception>
    public void MaskForward<T>(
        ArrayView<T> x, int n, int k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds, DykstraOptions options,
        ArrayView<double> residuals = default, ArrayView<int> halfSweeps = default, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        DykstraForward<T, MaskOperator>(
            x, n, ArrayView<int>.Empty, k, norm, destination, new(thresholds, residuals, halfSweeps), options, stream);
    }

    /// <summary>Computes the mask of each row by Dykstra's algorithm, k per row.</summary>
    /// <param name="x">The scores: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose of each row, from 0 to n. It is read on the device: a row whose k is out of range becomes NaN.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or nothing.</param>
    /// <param name="options">When to stop, and whether to take the best found.</param>
    /// <param name="residuals">The residual of each row, or nothing.</param>
    /// <param name="halfSweeps">The half-sweeps done on each row, or nothing.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="MaskForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, DykstraOptions, ArrayView{double}, ArrayView{int}, AcceleratorStream)"/>
    public void MaskForward<T>(
        ArrayView<T> x, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds, DykstraOptions options,
        ArrayView<double> residuals = default, ArrayView<int> halfSweeps = default, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.Length(k.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(k));
        DykstraForward<T, MaskOperator>(x, n, k, 0, norm, destination, new(thresholds, residuals, halfSweeps), options, stream);
    }

    /// <summary>Keeps the k entries of each row that are largest in absolute value, by Dykstra's algorithm.</summary>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep, from 0 to n.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">The kept values, as long as x. It may be x itself; but the VJP and the JVP need x.</param>
    /// <param name="thresholds">gamma of each row, which the VJP and the JVP take.</param>
    /// <param name="options">When to stop, and whether to take the best found.</param>
    /// <param name="residuals">The residual of each row, in units of its k-th magnitude, or nothing.</param>
    /// <param name="halfSweeps">The half-sweeps done on each row, or nothing.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <remarks>
    /// <para>An approximation of <see cref="MagnitudeForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, TopKSolver, AcceleratorStream)"/>:
    /// its error is of the order of m^2 times the residual where m entries compete. Zeros are exact.</para>
    /// <para>A launch throws no <see cref="DykstraConvergenceException"/>: a row that has not converged becomes NaN, its threshold too, unless
    /// <see cref="DykstraOptions.AcceptUnconverged"/> takes the best found. Ties, gaps, zeros and NaN are as in <see cref="TopKMagnitude"/>.</para>
    /// <para>Cost: as for the mask.</para>
    /// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 5.</para>
    /// </remarks>
    /// <inheritdoc cref="MaskForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, DykstraOptions, ArrayView{double}, ArrayView{int}, AcceleratorStream)"/>
    public void MagnitudeForward<T>(
        ArrayView<T> x, int n, int k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds, DykstraOptions options,
        ArrayView<double> residuals = default, ArrayView<int> halfSweeps = default, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        Guard.K(k, n);
        Guard.Length(thresholds.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(thresholds));
        DykstraForward<T, MagnitudeOperator>(
            x, n, ArrayView<int>.Empty, k, norm, destination, new(thresholds, residuals, halfSweeps), options, stream);
    }

    /// <summary>Keeps the entries of each row that are largest in absolute value, k per row, by Dykstra's algorithm.</summary>
    /// <param name="x">The values: rows of n entries, row-major.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep of each row, from 0 to n. It is read on the device: a row whose k is out of range becomes NaN.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">The kept values, as long as x. It may be x itself; but the VJP and the JVP need x.</param>
    /// <param name="thresholds">gamma of each row, which the VJP and the JVP take.</param>
    /// <param name="options">When to stop, and whether to take the best found.</param>
    /// <param name="residuals">The residual of each row, or nothing.</param>
    /// <param name="halfSweeps">The half-sweeps done on each row, or nothing.</param>
    /// <param name="stream">Where it is queued; null for the accelerator's default stream.</param>
    /// <inheritdoc cref="MagnitudeForward{T}(ArrayView{T}, int, int, PNorm, ArrayView{T}, ArrayView{double}, DykstraOptions, ArrayView{double}, ArrayView{int}, AcceleratorStream)"/>
    public void MagnitudeForward<T>(
        ArrayView<T> x, int n, ArrayView<int> k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds, DykstraOptions options,
        ArrayView<double> residuals = default, ArrayView<int> halfSweeps = default, AcceleratorStream? stream = null)
        where T : unmanaged
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Length(k.Length, rows, nameof(k));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        DykstraForward<T, MagnitudeOperator>(x, n, k, 0, norm, destination, new(thresholds, residuals, halfSweeps), options, stream);
    }
}
