using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;

namespace SparseTopK.Internals;

/// <summary>16-bit floats as pooled float.</summary>
internal ref struct Widening<T> : IDisposable
    where T : unmanaged, INumberBase<T>
{
    private float[]? _pool;

    public Widening(ReadOnlySpan<T> source)
    {
        _pool = ArrayPool<float>.Shared.Rent(source.Length);
        Values = _pool.AsSpan(0, source.Length);
        TensorPrimitives.ConvertTruncating(source, Values);
    }

    public Span<float> Values { get; }

    public readonly void NarrowTo(Span<T> destination) => TensorPrimitives.ConvertTruncating<float, T>(Values, destination);

    public void Dispose()
    {
        if (_pool is { } pool)
        {
            _pool = null;
            ArrayPool<float>.Shared.Return(pool);
        }
    }
}
