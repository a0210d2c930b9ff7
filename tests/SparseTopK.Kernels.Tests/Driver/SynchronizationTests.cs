using static SparseTopK.Kernels.Tests.Driver.TestContext;

namespace SparseTopK.Kernels.Tests.Driver;

/// <summary>Threads of a block wait for each other, exchange values, and must not touch shared memory without doing so.</summary>
public sealed class SynchronizationTests : IDisposable
{
    private const string Shared = ".shared .align 4 .b8 s[512];";

    /// <summary>%r2: the thread's number; %rd2: its place in shared memory; %rd3: that of its neighbour (the number with its lowest bit turned);
    /// %rd4: its place in the result.</summary>
    private const string Places = """
        mov.u32 %r2, %tid.x;
        mul.wide.u32 %rd5, %r2, 4;
        mov.b64 %rd6, s;
        add.u64 %rd2, %rd6, %rd5;
        xor.b32 %r3, %r2, 1;
        mul.wide.u32 %rd7, %r3, 4;
        add.u64 %rd3, %rd6, %rd7;
        add.u64 %rd4, %rd1, %rd5;
        """;

    private const string WriteOwn = "st.shared.b32 [%rd2], %r2;";
    private const string ReadOther = "ld.shared.b32 %r4, [%rd3];";
    private const string Answer = "st.b32 [%rd4], %r4;";

    private readonly TestContext? _context = FakeCuda.StandIn.Install() is null ? new() : null;

    public void Dispose() => _context?.Dispose();

    [StandInFact]
    public void After_a_barrier_a_thread_reads_what_others_wrote()
    {
        var (code, result) = InShared(WriteOwn + "bar.sync 0;" + ReadOther + Answer);
        Succeed(code);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (uint)(i ^ 1)), result[..64]);
    }

    [StandInFact]
    public void Without_a_barrier_it_is_an_error_whatever_the_order()
    {
        Fails(LaunchFailed, "which another thread read with no barrier between", InShared(WriteOwn + ReadOther).Code);
        Fails(LaunchFailed, "which another thread read with no barrier between", InShared("ld.shared.b32 %r4, [%rd6]; setp.eq.s32 %p1, %r2, 63; @%p1 st.shared.b32 [%rd6], %r2;").Code);
        Fails(LaunchFailed, "which another thread wrote with no barrier between", InShared("st.shared.b32 [%rd6], %r2;").Code);
    }

    [StandInFact]
    public void A_barrier_of_the_warp_orders_its_own_lanes_alone()
    {
        Succeed(InShared(WriteOwn + "bar.warp.sync 0xffffffff;" + ReadOther).Code);
        Succeed(InShared(ReadOther + "bar.warp.sync 0xffffffff;" + WriteOwn).Code);
        const string OtherWarp = "xor.b32 %r3, %r2, 32; mul.wide.u32 %rd7, %r3, 4; add.u64 %rd3, %rd6, %rd7;";
        Fails(LaunchFailed, "with no barrier between", InShared(WriteOwn + OtherWarp + "bar.warp.sync 0xffffffff;" + ReadOther).Code);
    }

    [StandInFact]
    public void A_barrier_that_some_threads_do_not_reach_is_an_error() =>
        Fails(LaunchFailed, "waits for threads that do not come: 1 of 64 have ended", InShared("setp.eq.s32 %p1, %r2, 5; @%p1 ret; bar.sync 0;").Code);

    [StandInFact]
    public void Barriers_count_votes()
    {
        var (code, result) = InShared("setp.lt.s32 %p1, %r2, 3; bar.red.popc.u32 %r4, 0, %p1;" + Answer);
        Succeed(code);
        Assert.Equal(3u, result[63]);
        Assert.Equal(3u, result[0]);
    }

    [StandInFact]
    public void Atomic_additions_add()
    {
        var (code, result) = InShared("atom.add.u32 %r4, [%rd1], 2; red.add.u32 [%rd1+4], 1;");
        Succeed(code);
        Assert.Equal([128u, 64u], result[..2]);
    }

    [StandInFact]
    public void Shuffles_read_the_lanes_that_the_manual_says()
    {
        Shuffle("bfly", 5, 31, lane => lane ^ 5);
        Shuffle("up", 3, 0, lane => lane < 3 ? lane : lane - 3);
        Shuffle("down", 3, 31, lane => lane + 3 > 31 ? lane : lane + 3);
        Shuffle("idx", 7, 31, _ => 7);

        // Segments of eight lanes: 31 - 7 in the bits from 8 on.
        Shuffle("down", 3, (24 << 8) | 31, lane => (lane & 7) + 3 > 7 ? lane : lane + 3);
        Shuffle("up", 3, 24 << 8, lane => (lane & 7) < 3 ? lane : lane - 3);
        Shuffle("idx", 2, (24 << 8) | 31, lane => (lane & ~7) + 2);

        static void Shuffle(string mode, int by, int clamp, Func<int, int> from)
        {
            var (code, result) = InShared($"shfl.sync.{mode}.b32 %r4, %r2, {by}, {clamp}, 0xffffffff;" + Answer);
            Succeed(code);
            Assert.Equal(Enumerable.Range(0, 64).Select(i => (uint)((i & ~31) + from(i & 31))), result[..64]);
        }
    }

    [StandInFact]
    public void A_shuffle_of_lanes_that_are_not_there_is_an_error()
    {
        const string Shuffle = "shfl.sync.bfly.b32 %r4, %r2, 1, 31, 0xffffffff;";
        Fails(LaunchFailed, "of a warp that has the lanes 0x7", InShared(Shuffle, threads: 3).Code);
        Fails(LaunchFailed, "is not among the members", InShared("shfl.sync.bfly.b32 %r4, %r2, 1, 31, 0xff;").Code);
        Fails(LaunchFailed, "do not come", InShared("setp.eq.s32 %p1, %r2, 5; @%p1 ret;" + Shuffle).Code);
        Fails(LaunchFailed, "other lanes of the warp wait at line", InShared($"setp.eq.s32 %p1, %r2, 5; @%p1 bra L; {Shuffle} bra M; L:\n{Shuffle}\nM:").Code);
    }

    private static (int Code, uint[] Result) InShared(string body, uint threads = 64) =>
        Run(Places + body, threads: threads, length: 64, declarations: Shared);
}
