using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Launching;

/// <summary>Device memory that operations need while they run: one block for each stream, which grows and is kept.</summary>
/// <remarks>Launches of a stream run one after another, so that they can share a block. Whoever takes scratch holds
/// <see cref="Engine.Queueing"/>.</remarks>
/// <param name="accelerator">The accelerator.</param>
/// <param name="lend">Where set, memory for one operation comes from here, and nothing is kept.</param>
internal sealed class Scratch(Accelerator accelerator, Func<long, ArrayView<byte>>? lend = null) : IDisposable
{
    private readonly Dictionary<AcceleratorStream, MemoryBuffer1D<byte, Stride1D.Dense>> _blocks = [];

    /// <summary>Stands in for the allocator in tests.</summary>
    internal Func<long, MemoryBuffer1D<byte, Stride1D.Dense>>? Allocate { get; set; }

    /// <summary>The stream's block, of at least so many bytes.</summary>
    public Lease Take(AcceleratorStream stream, long bytes)
    {
        if (lend is not null)
        {
            var lent = lend(bytes);
            return new(lent, lent.LoadEffectiveAddressAsPtr());
        }

        if (!_blocks.TryGetValue(stream, out var block) || block.LengthInBytes < bytes)
        {
            block = Grow(stream, bytes);
        }

        return new(block.View, 0);
    }

    public void Dispose()
    {
        foreach (var block in _blocks.Values)
        {
            block.Dispose();
        }

        _blocks.Clear();
    }

    private MemoryBuffer1D<byte, Stride1D.Dense> Grow(AcceleratorStream stream, long bytes)
    {
        // What is queued on the stream may still use its block; freeing the block of a stream that was disposed of waits for the device.
        stream.Synchronize();
        foreach (var (ended, old) in _blocks.Where(pair => pair.Key == stream || pair.Key.IsDisposed).ToList())
        {
            old.Dispose();
            _blocks.Remove(ended);
        }

        try
        {
            return _blocks[stream] = Allocate is { } allocate ? allocate(bytes) : accelerator.Allocate1D<byte>(bytes);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
        {
            throw new InsufficientMemoryException($"The accelerator {accelerator.Name} has no {bytes:N0} bytes of scratch memory for this operation.", error);
        }
    }

    /// <summary>A stream's block, piece by piece.</summary>
    /// <param name="block">The block.</param>
    /// <param name="start">Where it starts in its buffer.</param>
    internal ref struct Lease(ArrayView<byte> block, long start)
    {
        private long _used;

        /// <summary>What an array of so many T takes of the block, at the most.</summary>
        public static long BytesFor<T>(long length)
            where T : unmanaged => (length + 1) * Interop.SizeOf<T>();

        /// <summary>A piece of the block.</summary>
        public ArrayView<T> Take<T>(long length)
            where T : unmanaged
        {
            if (length == 0)
            {
                return ArrayView<T>.Empty;
            }

            // A view of T counts in T from the start of the buffer: a piece starts at a multiple of its element.
            var first = (start + _used + Interop.SizeOf<T>() - 1) / Interop.SizeOf<T>();
            var used = (first * Interop.SizeOf<T>()) - start;
            _used = used + (length * Interop.SizeOf<T>());
            return block.SubView(used, length * Interop.SizeOf<T>()).Cast<T>();
        }
    }
}
