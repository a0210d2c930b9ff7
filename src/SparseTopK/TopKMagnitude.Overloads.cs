using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK;

/// <content>Conveniences: arrays, tensors, and the sparse form.</content>
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
        using var source = TensorRows<T>.Read(x);
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
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
        using var point = TensorRows<T>.Read(x);
        using var direction = TensorRows<T>.Read(gradOutput);
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
    /// <exception cref="ArgumentException">indices or values has no room for the pairs, and neither they nor counts have been written;
    /// or as for Forward.</exception>
    /// <exception cref="NotSupportedException">T is not a floating-point type that is supported.</exception>
    public static int ForwardSparse<T>(
        ReadOnlySpan<T> x, int n, int k, PNorm norm, Span<int> counts, Span<int> indices, Span<T> values, Span<double> thresholds,
        TopKSolver solver = TopKSolver.Threshold)
        where T : unmanaged, INumberBase<T>
    {
        Guard.Length(counts.Length, Guard.Rows(x.Length, n, nameof(x)), nameof(counts));
        var pool = ArrayPool<T>.Shared.Rent(x.Length);
        try
        {
            var dense = pool.AsSpan(0, x.Length);
            Forward(x, n, k, norm, dense, thresholds, solver);
            return SparseRows.Write<T>(dense, n, counts, indices, values);
        }
        finally
        {
            ArrayPool<T>.Shared.Return(pool);
        }
    }
}
