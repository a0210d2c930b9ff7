using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK;

/// <content>Conveniences: arrays, tensors, the sparse form, and Dykstra's algorithm with options.</content>
public static partial class TopKMagnitude
{
    /// <summary>Computes the operator on one row, into a new array.</summary>
    /// <param name="x">The values: one row.</param>
    /// <param name="k">How many to keep, from 0 to the length of x.</param>
    /// <param name="norm">The regularizer.</param>
    /// <returns>z, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, Span{double}, TopKSolver)"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, int k, PNorm norm)
        where T : unmanaged, INumberBase<T> => Forward(x, x.Length, k, norm, out _);

    /// <summary>Computes the operator on each row, into new arrays.</summary>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="thresholds">gamma of each row: the certificate that the VJP and the JVP take.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>z, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, Span{double}, TopKSolver)"/>
    public static T[] Forward<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, out double[] thresholds, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        thresholds = new double[Guard.Rows(x.Length, n, nameof(x))];
        var z = new T[x.Length];
        Forward(x, n, k, norm, z.AsSpan(), thresholds, solver);
        return z;
    }

    /// <summary>The vector-Jacobian product of each row, into a new array.</summary>
    /// <returns>The gradient with respect to x.</returns>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/>
    public static T[] Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<double> thresholds, ReadOnlySpan<T> gradOutput, int n, int k, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        var gradient = new T[x.Length];
        Vjp(x, thresholds, gradOutput, n, k, norm, gradient.AsSpan());
        return gradient;
    }

    /// <summary>Computes the operator on each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="x">The values.</param>
    /// <param name="k">How many to keep, from 0 to the last dimension.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">z, of x's shape. It may be x itself. Dense memory is used in place; other strides cost a copy.</param>
    /// <param name="thresholds">gamma of each row.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, Span{double}, TopKSolver)"/>
    public static void Forward<T>(
        in ReadOnlyTensorSpan<T> x, int k, PNorm norm, in TensorSpan<T> destination, Span<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        using var source = TensorRows<T>.Read(x, nameof(x));
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
        Guard.NoOverlap(target.Place, thresholds, nameof(thresholds));
        Forward(source.Source, source.N, k, norm, target.Target, thresholds, solver);
        target.Commit(destination);
    }

    /// <summary>The vector-Jacobian product of each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="thresholds">gamma of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient of a loss with respect to z, of its shape.</param>
    /// <param name="k">The k of the forward pass.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x, of its shape. It may be x or gradOutput itself.</param>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{double}, ReadOnlySpan{T}, int, int, PNorm, Span{T})"/>
    public static void Vjp<T>(
        in ReadOnlyTensorSpan<T> x, ReadOnlySpan<double> thresholds, in ReadOnlyTensorSpan<T> gradOutput, int k, PNorm norm,
        in TensorSpan<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        using var point = TensorRows<T>.Read(x, nameof(x));
        using var direction = TensorRows<T>.Read(gradOutput, x.Lengths, nameof(gradOutput));
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
        Vjp(point.Source, thresholds, direction.Source, point.N, k, norm, target.Target);
        target.Commit(destination);
    }

    /// <summary>Computes the operator on each row and writes the entries that are not 0, as (index, value) pairs.</summary>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="counts">How many pairs each row has. A row may have more than k: the choice is soft.</param>
    /// <param name="indices">Column of each pair, increasing within a row; the pairs of a row follow those of the row before.</param>
    /// <param name="values">Value of each pair.</param>
    /// <param name="thresholds">gamma of each row.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>The number of pairs. A NaN row has n.</returns>
    /// <exception cref="ArgumentException">indices or values has no room for the pairs, two of counts, indices, values and thresholds
    /// overlap, or as for Forward. Nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static int ForwardSparse<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<int> counts, Span<int> indices, Span<T> values, Span<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Length(counts.Length, rows, nameof(counts));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        SparseRows.CheckMemory(counts, indices, values, thresholds);
        using var scratch = new Scratch<double>(rows);
        var roots = scratch.Take(rows);
        var pool = ArrayPool<T>.Shared.Rent(x.Length);
        try
        {
            var dense = pool.AsSpan(0, x.Length);
            Forward(x, n, k, norm, dense, roots, solver);
            var pairs = SparseRows.Write<T>(dense, n, counts, indices, values);
            roots.CopyTo(thresholds);
            return pairs;
        }
        finally
        {
            ArrayPool<T>.Shared.Return(pool);
        }
    }

    /// <summary>Computes the operator of each row by Dykstra's algorithm, k per row.</summary>
    /// <param name="x">The input: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to keep: of each row, or one number for all; from 0 to n.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">z, as long as x. It may be x itself.</param>
    /// <param name="thresholds">gamma of each row.</param>
    /// <param name="options">When to stop, and whether to take the best found.</param>
    /// <param name="results">How each row ended, or empty. Rows that need no sweep (a gap, k = 0, NaN) have 0 half-sweeps.</param>
    /// <remarks>An approximation: its error is of the order of m^2 times the residual where m entries compete. Zeros are exact.
    /// <para>Cost: a sort, then O(m) per half-sweep.</para></remarks>
    /// <exception cref="DykstraConvergenceException">A row has not converged, and <see cref="DykstraOptions.AcceptUnconverged"/> is
    /// false. Nothing has been written.</exception>
    /// <exception cref="ArgumentException">A length does not match, an argument is out of its range, destination overlaps k,
    /// or x with a shift, or thresholds or results overlap another argument. The exception names the argument; nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static void Forward<T>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<int> k, PNorm norm, Span<T> destination, Span<double> thresholds, DykstraOptions options,
        Span<DykstraResult> results = default)
        where T : unmanaged, INumberBase<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.K(k, k.Length == 1 ? 1 : rows, n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, rows, nameof(thresholds));
        Guard.Length(results.Length, results.IsEmpty ? 0 : rows, nameof(results));
        ForwardPass.RunDykstra<T, MagnitudeOperator>(x, rows, n, k, norm, destination, thresholds, options, results);
    }
}
