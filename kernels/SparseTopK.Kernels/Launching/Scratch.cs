using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Launching;

/// <summary>Device memory that operations need while they run: one block for each stream, which grows and is kept. Safe from any thread.</summary>
/// <remarks>Launches of a stream run one after another, so that they can share a block. Whoever holds a <see cref="Lease"/> is alone in
/// queueing on its stream: the launches of one operation stay together.</remarks>
internal sealed class Scratch(Accelerator accelerator) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AcceleratorStream, Block> _blocks = [];
    private bool _disposed;

    /// <summary>Stands in for the allocator in tests.</summary>
    internal Func<long, MemoryBuffer1D<byte, Stride1D.Dense>>? Allocate { get; set; }

    public Lease Take(AcceleratorStream stream, long bytes)
    {
        Block block;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(GpuTopK));
            if (!_blocks.TryGetValue(stream, out block!))
            {
                foreach (var (ended, old) in _blocks.Where(pair => pair.Key.IsDisposed).ToList())
                {
                    old.Buffer?.Dispose();
                    _blocks.Remove(ended);
                }

                _blocks.Add(stream, block = new());
            }
        }

        block.Lock.Enter();
        try
        {
            if (bytes > (block.Buffer?.LengthInBytes ?? 0))
            {
                Grow(block, stream, bytes);
            }

            return new(block);
        }
        catch
        {
            block.Lock.Exit();
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var block in _blocks.Values)
            {
                block.Buffer?.Dispose();
            }

            _blocks.Clear();
        }
    }

    private void Grow(Block block, AcceleratorStream stream, long bytes)
    {
        // What is queued may still use the block.
        stream.Synchronize();
        block.Buffer?.Dispose();
        block.Buffer = null;
        try
        {
            block.Buffer = Allocate is { } allocate ? allocate(bytes) : accelerator.Allocate1D<byte>(bytes);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
        {
            throw new InsufficientMemoryException($"The accelerator {accelerator.Name} has no {bytes:N0} bytes of scratch memory for this operation.", error);
        }
    }

    /// <summary>A stream's block, and the right to queue on the stream until it is disposed of.</summary>
    internal ref struct Lease(Block block) : IDisposable
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

            // A view of T counts in T from the start of the block: a piece starts at a multiple of its element.
            ArrayView<byte> all = block.Buffer!.View;
            var first = (_used + Interop.SizeOf<T>() - 1) / Interop.SizeOf<T>();
            _used = (first + length) * Interop.SizeOf<T>();
            return all.SubView(first * Interop.SizeOf<T>(), length * Interop.SizeOf<T>()).Cast<T>();
        }

        public readonly void Dispose() => block.Lock.Exit();
    }

    internal sealed class Block
    {
        public Lock Lock { get; } = new();

        public MemoryBuffer1D<byte, Stride1D.Dense>? Buffer { get; set; }
    }
}
