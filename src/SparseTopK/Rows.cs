using System.Runtime.ExceptionServices;

namespace SparseTopK;

/// <summary>Work on one stretch of a batch: rows of a matrix, or entries of a long row.</summary>
internal interface IStretch
{
    /// <summary>Does entries or rows [start, start + length); <paramref name="index"/> counts the stretches.</summary>
    void Invoke(int index, int start, int length);
}

/// <summary>Batches and threads: the one place that splits work.</summary>
/// <remarks>Work is cut in the same places whatever the number of threads, and each piece writes only its own results, so
/// that these have the same bits on any number of threads.</remarks>
internal static class Rows
{
    /// <summary>Entries of a long row that one piece of work holds: 256 KiB of float, within a core's own cache.</summary>
    public const int Chunk = 1 << 16;

    /// <summary>Entries of a batch of short rows in one piece.</summary>
    private const int Block = 1 << 14;

    /// <summary>A batch with fewer entries than this stays on the calling thread: handing over costs about 10 us.</summary>
    private const int ParallelFrom = 1 << 16;

    public static int ChunksOf(int length) => (int)(((long)length + Chunk - 1) / Chunk);

    /// <summary>Cuts a row of <paramref name="length"/> entries into chunks.</summary>
    public static void ForEachChunk<TWork>(int length, TWork work)
        where TWork : struct, IStretch =>
        Run(length, Chunk, length >= 2 * Chunk, work);

    /// <summary>Cuts a batch into blocks of rows. Rows longer than a chunk stay whole and in turn: each is cut inside.</summary>
    public static void ForEachBlock<TWork>(int rows, int n, TWork work)
        where TWork : struct, IStretch
    {
        var block = Math.Max(1, Block / Math.Max(1, n));
        block = (block + 15) & ~15;
        Run(rows, n >= Block ? 1 : block, n <= Chunk && (long)rows * n >= ParallelFrom, work);
    }

    private static void Run<TWork>(int length, int step, bool parallel, TWork work)
        where TWork : struct, IStretch
    {
        var pieces = (int)(((long)length + step - 1) / step);
        var threads = parallel ? Math.Min(TopKParallelism.MaxDegreeOfParallelism, pieces) : 1;
        if (threads > 1 && Crew<TWork>.TryRun(work, pieces, step, length, threads))
        {
            return;
        }

        for (var i = 0; i < pieces; i++)
        {
            work.Invoke(i, i * step, Math.Min(step, length - (i * step)));
        }
    }

    /// <summary>The caller and some pool threads that take pieces until none is left. Instances are used again.</summary>
#pragma warning disable CA1001 // A crew lives as long as the process, or is collected with its event, which holds no handle until waited on.
    private sealed class Crew<TWork> : IThreadPoolWorkItem
#pragma warning restore CA1001
        where TWork : struct, IStretch
    {
        /// <summary>Crews to use again. A member that comes late keeps its crew for a while, so that one is not enough.</summary>
        private static readonly Crew<TWork>?[] Spares = new Crew<TWork>?[Math.Max(4, Environment.ProcessorCount)];

        private static int _made;
        private readonly ManualResetEventSlim _finished = new();
        private TWork _work;
        private Exception? _error;
        private int _pieces;
        private int _step;
        private int _length;
        private int _next;
        private int _left;
        private int _members;

        /// <summary>Runs the work if there is a crew for it: not where the pool threads are still late for that many others.</summary>
        public static bool TryRun(TWork work, int pieces, int step, int length, int threads)
        {
            if (Rent() is not { } crew)
            {
                return false;
            }

            (crew._work, crew._pieces, crew._step, crew._length) = (work, pieces, step, length);
            (crew._next, crew._left, crew._members) = (0, pieces, threads);
            crew._finished.Reset();
            for (var i = 1; i < threads; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(crew, preferLocal: false);
            }

            crew.TakePieces();
            crew._finished.Wait();
            var error = crew._error;
            crew.Leave();
            if (error is not null)
            {
                ExceptionDispatchInfo.Throw(error);
            }

            return true;
        }

        private static Crew<TWork>? Rent()
        {
            foreach (ref var spare in Spares.AsSpan())
            {
                if (Interlocked.Exchange(ref spare, null) is { } crew)
                {
                    return crew;
                }
            }

            return Volatile.Read(ref _made) < Spares.Length && Interlocked.Increment(ref _made) <= Spares.Length ? new Crew<TWork>() : null;
        }

        private void Return()
        {
            foreach (ref var spare in Spares.AsSpan())
            {
                if (Interlocked.CompareExchange(ref spare, this, null) is null)
                {
                    return;
                }
            }
        }

        void IThreadPoolWorkItem.Execute()
        {
            TakePieces();
            Leave();
        }

        private void TakePieces()
        {
            int i;
            while ((i = Interlocked.Increment(ref _next) - 1) < _pieces)
            {
                try
                {
                    var start = i * _step;
                    _work.Invoke(i, start, Math.Min(_step, _length - start));
                }
#pragma warning disable CA1031 // Whatever a piece throws is thrown again on the calling thread.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    Interlocked.CompareExchange(ref _error, error, null);
                }

                if (Interlocked.Decrement(ref _left) == 0)
                {
                    _finished.Set();
                }
            }
        }

        /// <summary>A member that comes late finds no piece left; the last to leave hands the crew back.</summary>
        private void Leave()
        {
            if (Interlocked.Decrement(ref _members) == 0)
            {
                (_work, _error) = (default, null);
                Return();
            }
        }
    }
}
