using System.Buffers;
using System.Numerics.Tensors;

namespace SparseTopK.Internals;

/// <summary>A tensor as rows along its last dimension: its own memory where that is dense, else a pooled copy.</summary>
internal ref struct TensorRows<T>
    where T : unmanaged
{
    private T[]? _copy;

    private TensorRows(int n) => N = n;

    /// <summary>The last dimension; a tensor without dimensions is one entry.</summary>
    public int N { get; }

    public ReadOnlySpan<T> Source { get; private set; }

    public Span<T> Target { get; private set; }

    /// <summary>The rows of an input that has the shape of another.</summary>
    public static TensorRows<T> Read(in ReadOnlyTensorSpan<T> tensor, ReadOnlySpan<nint> lengths, string name)
    {
        CheckShape(tensor.Lengths, lengths, name);
        return Read(tensor);
    }

    /// <summary>The rows of an input.</summary>
    public static TensorRows<T> Read(in ReadOnlyTensorSpan<T> tensor)
    {
        var length = checked((int)tensor.FlattenedLength);
        var rows = new TensorRows<T>(LastOf(tensor.Lengths));
        if (length == 0)
        {
            return rows;
        }

        if (tensor.IsDense)
        {
            rows.Source = tensor.GetSpan(stackalloc nint[tensor.Rank], length);
            return rows;
        }

        rows._copy = ArrayPool<T>.Shared.Rent(length);
        tensor.FlattenTo(rows._copy);
        rows.Source = rows._copy.AsSpan(0, length);
        return rows;
    }

    /// <summary>Room for an output of the same shape; <see cref="Commit"/> puts it in its place.</summary>
    public static TensorRows<T> Write(in TensorSpan<T> tensor, ReadOnlySpan<nint> lengths, string name)
    {
        CheckShape(tensor.Lengths, lengths, name);
        var length = checked((int)tensor.FlattenedLength);
        var rows = new TensorRows<T>(LastOf(lengths));
        if (length == 0)
        {
            return rows;
        }

        if (tensor.IsDense)
        {
            rows.Target = tensor.GetSpan(stackalloc nint[tensor.Rank], length);
            return rows;
        }

        rows._copy = ArrayPool<T>.Shared.Rent(length);
        rows.Target = rows._copy.AsSpan(0, length);
        return rows;
    }

    public readonly void Commit(in TensorSpan<T> tensor)
    {
        if (_copy is not null)
        {
            new ReadOnlyTensorSpan<T>(Target, tensor.Lengths).CopyTo(tensor);
        }
    }

    public void Dispose()
    {
        if (_copy is { } copy)
        {
            _copy = null;
            ArrayPool<T>.Shared.Return(copy);
        }
    }

    private static void CheckShape(ReadOnlySpan<nint> shape, ReadOnlySpan<nint> lengths, string name)
    {
        if (!shape.SequenceEqual(lengths))
        {
            throw new ArgumentException("The shape is not that of the input.", name);
        }
    }

    private static int LastOf(ReadOnlySpan<nint> lengths) => lengths.IsEmpty ? 1 : checked((int)lengths[^1]);
}
