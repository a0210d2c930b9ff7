using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK;

/// <content>Conveniences: arrays, tensors, the sparse form, and Dykstra's algorithm with options.</content>
public static partial class TopKMask
{
    /// <summary>Computes the mask of one row into a new array.</summary>
    /// <param name="x">The scores: one row.</param>
    /// <param name="k">How many to choose, from 0 to the length of x.</param>
    /// <param name="norm">The regularizer.</param>
    /// <returns>The mask, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, TopKSolver)"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, int k, PNorm norm)
        where T : unmanaged, INumberBase<T> => Forward(x, x.Length, k, norm);

    /// <summary>Computes the mask of each row into a new array.</summary>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>The mask, as long as x.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, TopKSolver)"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, int n, int k, PNorm norm, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        var y = new T[x.Length];
        Forward(x, n, k, norm, y.AsSpan(), solver);
        return y;
    }

    /// <summary>The vector-Jacobian product of each row, into a new array.</summary>
    /// <returns>The gradient with respect to x.</returns>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, int, PNorm, Span{T})"/>
    public static T[] Vjp<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> gradOutput, int n, PNorm norm)
        where T : unmanaged, INumberBase<T>
    {
        var gradient = new T[y.Length];
        Vjp(y, gradOutput, n, norm, gradient);
        return gradient;
    }

    /// <summary>Computes the mask of each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="x">The scores.</param>
    /// <param name="k">How many to choose, from 0 to the last dimension.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">The mask, of x's shape. It may be x itself. Dense memory is used in place; other strides cost a copy.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, int, PNorm, Span{T}, TopKSolver)"/>
    public static void Forward<T>(
        in ReadOnlyTensorSpan<T> x, int k, PNorm norm, in TensorSpan<T> destination, TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        using var source = TensorRows<T>.Read(x, nameof(x));
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
        Forward(source.Source, source.N, k, norm, target.Target, solver);
        target.Commit(destination);
    }

    /// <summary>The vector-Jacobian product of each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="y">The mask that Forward wrote.</param>
    /// <param name="gradOutput">The gradient of a loss with respect to y, of its shape.</param>
    /// <param name="norm">The regularizer of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x, of y's shape. It may be y or gradOutput itself.</param>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{T}, int, PNorm, Span{T})"/>
    public static void Vjp<T>(in ReadOnlyTensorSpan<T> y, in ReadOnlyTensorSpan<T> gradOutput, PNorm norm, in TensorSpan<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        using var point = TensorRows<T>.Read(y, nameof(y));
        using var direction = TensorRows<T>.Read(gradOutput, y.Lengths, nameof(gradOutput));
        using var target = TensorRows<T>.Write(destination, y.Lengths, nameof(destination));
        Vjp(point.Source, direction.Source, point.N, norm, target.Target);
        target.Commit(destination);
    }

    /// <summary>Computes the mask of each row and writes the entries that are not 0, as (index, value) pairs.</summary>
    /// <param name="x">The scores: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose, from 0 to n.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="counts">How many pairs each row has. A row may have more than k: the choice is soft.</param>
    /// <param name="indices">Column of each pair, increasing within a row; the pairs of a row follow those of the row before.</param>
    /// <param name="values">Value of each pair.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <returns>The number of pairs. A NaN row has n.</returns>
    /// <exception cref="ArgumentException">indices or values has no room for the pairs, two of counts, indices and values overlap, or as
    /// for Forward. Nothing has been written.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static int ForwardSparse<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<int> counts, Span<int> indices, Span<T> values,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        Guard.Length(counts.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(counts));
        SparseRows.CheckMemory<T>(counts, indices, values, []);
        var pool = ArrayPool<T>.Shared.Rent(x.Length);
        try
        {
            var dense = pool.AsSpan(0, x.Length);
            Forward(x, n, k, norm, dense, solver);
            return SparseRows.Write<T>(dense, n, counts, indices, values);
        }
        finally
        {
            ArrayPool<T>.Shared.Return(pool);
        }
    }

    /// <summary>Computes the mask of each row by Dykstra's algorithm, k per row.</summary>
    /// <param name="x">The input: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="k">How many to choose: of each row, or one number for all; from 0 to n.</param>
    /// <param name="norm">The regularizer: p = 2.</param>
    /// <param name="destination">The mask, as long as x. It may be x itself.</param>
    /// <param name="thresholds">tau of each row, or empty.</param>
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
        Guard.Length(thresholds.Length, thresholds.IsEmpty ? 0 : rows, nameof(thresholds));
        Guard.Length(results.Length, results.IsEmpty ? 0 : rows, nameof(results));
        ForwardPass.RunDykstra<T, MaskOperator>(x, rows, n, k, norm, destination, thresholds, options, results);
    }
}
