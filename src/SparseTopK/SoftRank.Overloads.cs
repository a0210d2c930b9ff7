using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK;

/// <content>Conveniences: arrays and tensors.</content>
public static partial class SoftRank
{
    /// <summary>Computes the ranks of one row, into a new array.</summary>
    /// <param name="x">The values: one row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <returns>The ranks, as many as x holds.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, SoftOrder, Span{T}, Span{int}, Span{int})"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, SoftOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var y = new T[x.Length];
        Forward(x, x.Length, order, y.AsSpan());
        return y;
    }

    /// <summary>Computes the ranks of each row and what the derivatives need, into new arrays.</summary>
    /// <param name="x">The values: rows of n entries.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="permutation">The order of each row.</param>
    /// <param name="blockEnds">The blocks of each row in that order.</param>
    /// <returns>The ranks, as many as x holds.</returns>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, SoftOrder, Span{T}, Span{int}, Span{int})"/>
    public static T[] Forward<T>(ReadOnlySpan<T> x, int n, SoftOrder order, out int[] permutation, out int[] blockEnds)
        where T : unmanaged, INumberBase<T>
    {
        var y = new T[x.Length];
        (permutation, blockEnds) = (new int[x.Length], new int[x.Length]);
        Forward(x, n, order, y.AsSpan(), permutation, blockEnds);
        return y;
    }

    /// <summary>The vector-Jacobian product of each row, into a new array.</summary>
    /// <returns>The gradient with respect to x.</returns>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, SoftOrder, Span{T})"/>
    public static T[] Vjp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, ReadOnlySpan<T> gradOutput, int n, SoftOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var gradient = new T[x.Length];
        Vjp(x, permutation, blockEnds, gradOutput, n, order, gradient.AsSpan());
        return gradient;
    }

    /// <summary>Computes the ranks of each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="x">The values.</param>
    /// <param name="order">Strength, direction and regularizer.</param>
    /// <param name="destination">The ranks, of x's shape. It may be x itself. Dense memory is used in place; other strides cost a copy.</param>
    /// <param name="permutation">As many as x has entries, or empty: the places of each row's entries from the highest rank to the lowest.</param>
    /// <param name="blockEnds">As many as x has entries, or empty: the blocks of each row in that order.</param>
    /// <inheritdoc cref="Forward{T}(ReadOnlySpan{T}, int, SoftOrder, Span{T}, Span{int}, Span{int})"/>
    public static void Forward<T>(
        in ReadOnlyTensorSpan<T> x, SoftOrder order, in TensorSpan<T> destination, Span<int> permutation = default, Span<int> blockEnds = default)
        where T : unmanaged, INumberBase<T>
    {
        using var source = TensorRows<T>.Read(x, nameof(x));
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
        Guard.NoOverlap(target.Place, permutation, nameof(permutation));
        Guard.NoOverlap(target.Place, blockEnds, nameof(blockEnds));
        Forward(source.Source, source.N, order, target.Target, permutation, blockEnds);
        target.Commit(destination);
    }

    /// <summary>The vector-Jacobian product of each row of a tensor; rows run along the last dimension.</summary>
    /// <param name="x">The values that Forward was given.</param>
    /// <param name="permutation">The order of each row, from Forward.</param>
    /// <param name="blockEnds">The blocks of each row, from Forward.</param>
    /// <param name="gradOutput">The gradient of a loss with respect to y, of x's shape.</param>
    /// <param name="order">The order of the forward pass.</param>
    /// <param name="destination">The gradient with respect to x, of its shape. It may be x or gradOutput itself.</param>
    /// <inheritdoc cref="Vjp{T}(ReadOnlySpan{T}, ReadOnlySpan{int}, ReadOnlySpan{int}, ReadOnlySpan{T}, int, SoftOrder, Span{T})"/>
    public static void Vjp<T>(
        in ReadOnlyTensorSpan<T> x, ReadOnlySpan<int> permutation, ReadOnlySpan<int> blockEnds, in ReadOnlyTensorSpan<T> gradOutput,
        SoftOrder order, in TensorSpan<T> destination)
        where T : unmanaged, INumberBase<T>
    {
        using var point = TensorRows<T>.Read(x, nameof(x));
        using var direction = TensorRows<T>.Read(gradOutput, x.Lengths, nameof(gradOutput));
        using var target = TensorRows<T>.Write(destination, x.Lengths, nameof(destination));
        Vjp(point.Source, permutation, blockEnds, direction.Source, point.N, order, target.Target);
        target.Commit(destination);
    }
}
