using System.Buffers;

namespace SparseTopK.Internals;

/// <summary>Pooled memory, handed out piece by piece; its content is whatever was there.</summary>
internal ref struct Scratch<T> : IDisposable
{
    private T[]? _rented;
    private int _taken;

    public Scratch(int length) => _rented = ArrayPool<T>.Shared.Rent(length);

    public Span<T> Take(int length)
    {
        var piece = _rented.AsSpan(_taken, length);
        _taken += length;
        return piece;
    }

    public void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            ArrayPool<T>.Shared.Return(rented);
        }
    }
}
