using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

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

    /// <summary>The memory from the first entry of an output to its last, with what lies between: <see cref="Commit"/> writes there.</summary>
    public Span<T> Place { get; private set; }

    /// <summary>The rows of an input that has the shape of another.</summary>
    public static TensorRows<T> Read(in ReadOnlyTensorSpan<T> tensor, ReadOnlySpan<nint> lengths, string name)
    {
        CheckShape(tensor.Lengths, lengths, name);
        return Read(tensor, name);
    }

    /// <summary>The rows of an input.</summary>
    public static TensorRows<T> Read(in ReadOnlyTensorSpan<T> tensor, string name)
    {
        var length = IntOf(tensor.FlattenedLength, name);
        var rows = new TensorRows<T>(LastOf(tensor.Lengths, name));
        if (length == 0)
        {
            return rows;
        }

        if (tensor.IsDense)
        {
            rows.Source = MemoryMarshal.CreateReadOnlySpan(in tensor.GetPinnableReference(), length);
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
        var length = IntOf(tensor.FlattenedLength, name);
        var rows = new TensorRows<T>(LastOf(lengths, name));
        if (length == 0)
        {
            return rows;
        }

        if (tensor.IsDense)
        {
            rows.Target = rows.Place = MemoryMarshal.CreateSpan(ref tensor.GetPinnableReference(), length);
            return rows;
        }

        rows.Place = MemoryMarshal.CreateSpan(ref tensor.GetPinnableReference(), ExtentOf(tensor.Lengths, tensor.Strides));
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

    private static int ExtentOf(ReadOnlySpan<nint> lengths, ReadOnlySpan<nint> strides)
    {
        nint last = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            last += (lengths[i] - 1) * strides[i];
        }

        return (int)Math.Min(last + 1, int.MaxValue);
    }

    private static int LastOf(ReadOnlySpan<nint> lengths, string name) => lengths.IsEmpty ? 1 : IntOf(lengths[^1], name);

    private static int IntOf(nint length, string name) => length <= int.MaxValue
        ? (int)length
        : throw new ArgumentException($"The tensor has {length} entries, and at most {int.MaxValue} can be taken at once.", name);
}
