using System.Numerics;
using SparseTopK.Isotonic;

namespace SparseTopK;

/// <summary>Least-squares isotonic regression by Dykstra's alternating projections: an approximation that suits GPUs.</summary>
/// <remarks>
/// <para><c>v -&gt; argmin of 1/2 sum w_i (x_i - v_i)^2 over v_1 &gt;= ... &gt;= v_n</c> (or &lt;=). A half-sweep projects on the pairs (1, 2),
/// (3, 4), ... or on (2, 3), (4, 5), ... in turn: a pair out of order takes its weighted mean, after the correction of its last
/// projection has been taken back. All pairs of a half-sweep are independent, which is why it suits a GPU.</para>
/// <para>It stops on its residual, never silently on a count: see <see cref="DykstraResult"/>. It is slow where many entries are
/// pooled: m pooled entries of comparable weights need about m^2 half-sweeps, and weights far apart more. <see cref="IsotonicRegression"/> is exact and O(n): take that on a CPU.</para>
/// <para>Shapes: x and v hold rows of n entries, row-major; weights hold n numbers for all rows, or one per entry, or none: all 1.
/// A row with a NaN or an infinity is all NaN. Computed in float64 whatever T is. Results do not depend on the number of
/// threads. Nothing is allocated in steady state. Range: the largest weight of a row up to 1e250 times its smallest.</para>
/// <para>Cost: O(n) per half-sweep, vectorised.</para>
/// <para>Source: Boyle and Dykstra 1986; in this form Sander et al., ICML 2023, arXiv:2302.01425, section 5.</para>
/// </remarks>
public static class Dykstra
{
    /// <summary>Projects each row on the monotone cone.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/> or another 16-bit floating-point type.</typeparam>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">w &gt; 0: n finite numbers for all rows, as many as x holds, or none: all 1.</param>
    /// <param name="destination">v, as long as x. It may be x itself.</param>
    /// <param name="results">How each row ended: one per row.</param>
    /// <param name="options">When to stop; null for <see cref="DykstraOptions.Default"/>.</param>
    /// <param name="order">Which way v runs.</param>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps
    /// weights, or x with a shift, or results overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Project<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<T> weights, Span<T> destination, Span<DykstraResult> results,
        DykstraOptions? options = null, IsotonicOrder order = IsotonicOrder.Decreasing)
        where T : unmanaged, INumberBase<T>
    {
        DykstraPass.Run(x, n, weights, destination, results, options ?? DykstraOptions.Default, order);
    }

    /// <summary>Projects one row on the monotone cone, into a new array.</summary>
    /// <param name="x">The values: one row.</param>
    /// <param name="weights">w &gt; 0: as many finite numbers as x holds, or none: all 1.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="options">When to stop; null for <see cref="DykstraOptions.Default"/>.</param>
    /// <param name="order">Which way v runs.</param>
    /// <returns>v, as long as x.</returns>
    /// <inheritdoc cref="Project{T}(ReadOnlySpan{T}, int, ReadOnlySpan{T}, Span{T}, Span{DykstraResult}, DykstraOptions, IsotonicOrder)"/>
    public static T[] Project<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, out DykstraResult result, DykstraOptions? options = null,
        IsotonicOrder order = IsotonicOrder.Decreasing)
        where T : unmanaged, INumberBase<T>
    {
        var v = new T[x.Length];
        var results = new DykstraResult[x.Length == 0 ? 0 : 1];
        Project(x, x.Length, weights, v.AsSpan(), results, options, order);
        result = results.Length == 0 ? new DykstraResult(0, 0, true) : results[0];
        return v;
    }
}
