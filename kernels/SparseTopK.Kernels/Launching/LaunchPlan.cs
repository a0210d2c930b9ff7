using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Launching;

/// <summary>How rows are spread over the threads of an accelerator.</summary>
internal sealed record LaunchPlan
{
    /// <summary>The most groups of a launch: enough to fill any device, within every device's limit.</summary>
    private const int MostGroups = 1 << 15;

    /// <summary>A thread that reads at least so many entries of a row looks at a sample of the row first.</summary>
    private const int SampleFrom = 32;

    /// <summary>The threads of a group that serves several rows, where there are rows enough.</summary>
    private const int SharedGroup = 128;

    /// <summary>The memory of a group for a row. With that in which a team joins what its warps have, it is at most the 48 KB that a group may have on
    /// every CUDA device.</summary>
    public const int SharedBytes = 46 << 10;

    /// <summary>As many entries as a thread has registers for, see HeldRow.</summary>
    private const int HeldEntries = 8;

    /// <summary>Rows of up to so many entries are given to one thread each, where they stay in memory.</summary>
    public required int ThreadRow { get; init; }

    /// <summary>Rows of at least so many entries are given to several teams each.</summary>
    public required int LongRow { get; init; }

    /// <summary>The most threads of a group; a power of two.</summary>
    public required int MostThreads { get; init; }

    /// <summary>How many teams the device runs at once, about.</summary>
    public required int Teams { get; init; }

    /// <summary>The threads of a warp where warps shuffle, else 0.</summary>
    public required int Warp { get; init; }

    /// <summary>How many entries of a row a thread holds in registers; 0 where all rows stay in memory.</summary>
    public int Held { get; init; } = HeldEntries;

    /// <summary>The fewest entries of a part of a long row.</summary>
    public int PartOf { get; init; } = 4096;

    /// <summary>With fewer rows than this, even rows below <see cref="LongRow"/> are given to several teams each.</summary>
    public int FewRows { get; init; }

    /// <summary>Whether a team is one thread, whatever the row: on a processor, where a barrier is a loop.</summary>
    public bool IsProcessor => ThreadRow == int.MaxValue;

    public static LaunchPlan For(Accelerator accelerator)
    {
        var isProcessor = accelerator is CLAccelerator { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };
        var isCuda = accelerator is CudaAccelerator;
        return new()
        {
            ThreadRow = isProcessor ? int.MaxValue : 64,
            LongRow = 1 << 16,
            MostThreads = isProcessor ? 1 : MostThreadsOf(accelerator),
            Teams = accelerator.NumMultiprocessors * (isProcessor ? 4 : 8),
            Warp = isCuda ? accelerator.WarpSize : 0,
            FewRows = isCuda ? 2 * accelerator.NumMultiprocessors : 0,
        };
    }

    /// <summary>The largest power of two that the accelerator and <see cref="Kernels.Teams.GroupTeam"/> allow.</summary>
    public static int MostThreadsOf(Accelerator accelerator)
    {
        var most = 1;
        while (most * 2 <= Math.Min(Kernels.Teams.GroupTeam.MostThreads, accelerator.MaxNumThreadsPerGroup))
        {
            most *= 2;
        }

        return most;
    }

    /// <summary>The team that holds a row of n entries in registers; null where such rows stay in memory.</summary>
    public TeamShape? HoldingTeamFor(int n)
    {
        if (Held == 0 || n > (long)Held * MostThreads)
        {
            return null;
        }

        var threads = (int)BitOperations.RoundUpToPowerOf2((uint)(((n - 1) / Held) + 1));
        return threads == 1 ? new(TeamKind.Thread, 1)
            : threads <= Warp ? new(TeamKind.Lanes, threads)
            : Warp > 0 && threads % Warp == 0 ? new(TeamKind.Warps, threads)
            : Warp == 0 && n > ThreadRow ? new(TeamKind.Group, threads)
            : null;
    }

    /// <summary>The launch of a team for each of so many rows.</summary>
    public KernelConfig Rows(long rows, TeamShape team)
    {
        if (team.Kind is TeamKind.Group or TeamKind.Warps)
        {
            return new((int)Math.Min(rows, MostGroups), team.Threads);
        }

        // Whole warps; larger groups only where every multiprocessor still gets some.
        var threads = rows * team.Threads;
        var group = (int)Math.Clamp(threads / Teams, Math.Min(Math.Max(Warp, 1), MostThreads), Math.Min(SharedGroup, MostThreads));
        group = (int)BitOperations.RoundUpToPowerOf2((uint)group);
        return new((int)Math.Min((threads + group - 1) / group, MostGroups), group);
    }

    /// <summary>The team that works on a row of n entries in memory.</summary>
    public TeamShape TeamFor(int n)
    {
        var threads = GroupFor(n);
        return n <= ThreadRow ? new(TeamKind.Thread, 1)
            : new(Warp > 0 && threads % Warp == 0 ? TeamKind.Warps : TeamKind.Group, threads);
    }

    /// <summary>Whether a group keeps the undecided entries of a row in its own memory.</summary>
    /// <param name="n">The entries of a row.</param>
    /// <param name="size">The bytes of one of them.</param>
    public bool HasSharedColumns(int n, int size) => TeamFor(n).Kind == TeamKind.Warps && (long)n * size <= SharedBytes;

    /// <summary>The launch of one team for each of so many rows of n entries in memory, or parts of rows.</summary>
    public KernelConfig Rows(long rows, int n) => Rows(rows, TeamFor(n));

    /// <summary>Whether rows of n entries are given to several teams each.</summary>
    public bool IsLong(long rows, int n) => n >= LongRow || (rows < FewRows && n >= 2 * PartOf);

    /// <summary>Into how many parts a long row is cut, where there are so many of them.</summary>
    public int Parts(long rows, int n)
    {
        var enough = Math.Max(1, Teams / Math.Max(1, rows));
        return (int)Math.Clamp(enough, 1, Math.Max(1, n / PartOf));
    }

    /// <summary>How many entries of a row to look at first; 0 for none.</summary>
    public int SampleFor(int n)
    {
        return n >= Sample.From && n / TeamFor(n).Threads >= SampleFrom ? Sample.SizeFor(n) : 0;
    }

    private int GroupFor(int n)
    {
        // About eight entries a thread, but whole warps.
        var threads = Math.Max(Warp, 1);
        while (threads * 2 <= MostThreads && threads * 16 <= n)
        {
            threads *= 2;
        }

        return threads;
    }
}
