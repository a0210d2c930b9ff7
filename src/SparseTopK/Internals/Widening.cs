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

    /// <summary>Rounds the values of an operator: one beyond the range of T becomes infinite.</summary>
    public readonly void NarrowTo(Span<T> destination) => TensorPrimitives.ConvertTruncating<float, T>(Values, destination);

    /// <summary>Rounds derivatives: one beyond the range of T becomes the largest of its sign.</summary>
    public readonly void NarrowFiniteTo(Span<T> destination)
    {
        var most = (float)FiniteRange.Largest<T>();
        TensorPrimitives.Clamp(Values, -most, most, Values);
        NarrowTo(destination);
    }

    public void Dispose()
    {
        if (_pool is { } pool)
        {
            _pool = null;
            ArrayPool<float>.Shared.Return(pool);
        }
    }
}
