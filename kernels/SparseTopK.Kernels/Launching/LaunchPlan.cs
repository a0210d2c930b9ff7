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

    /// <summary>Rows of up to so many entries are given to one thread each.</summary>
    public required int ThreadRow { get; init; }

    /// <summary>Rows of at least so many entries are given to several teams each.</summary>
    public required int LongRow { get; init; }

    /// <summary>The most threads of a group; a power of two.</summary>
    public required int MostThreads { get; init; }

    /// <summary>How many teams the device runs at once, about.</summary>
    public required int Teams { get; init; }

    /// <summary>The threads of a warp where warps shuffle, else 0.</summary>
    public required int Warp { get; init; }

    /// <summary>The fewest entries of a part of a long row.</summary>
    public int PartOf { get; init; } = 4096;

    /// <summary>Whether a team is one thread, whatever the row: on a processor, where a barrier is a loop.</summary>
    public bool IsProcessor => ThreadRow == int.MaxValue;

    public static LaunchPlan For(Accelerator accelerator)
    {
        var isProcessor = accelerator is CLAccelerator { DeviceType: CLDeviceType.CL_DEVICE_TYPE_CPU };
        return new()
        {
            ThreadRow = isProcessor ? int.MaxValue : 64,
            LongRow = 1 << 16,
            MostThreads = isProcessor ? 1 : MostThreadsOf(accelerator),
            Teams = accelerator.NumMultiprocessors * (isProcessor ? 4 : 8),
            Warp = accelerator is CudaAccelerator ? accelerator.WarpSize : 0,
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

    /// <summary>Which team works on a row of n entries.</summary>
    public TeamKind TeamFor(int n) => n <= ThreadRow ? TeamKind.Thread : Warp > 0 && GroupFor(n) % Warp == 0 ? TeamKind.Warps : TeamKind.Group;

    /// <summary>The launch of one team for each of so many rows of n entries, or parts of rows.</summary>
    public KernelConfig Rows(long rows, int n)
    {
        if (n > ThreadRow)
        {
            return new((int)Math.Min(rows, MostGroups), GroupFor(n));
        }

        // A few groups for each multiprocessor, so that none of them is without work.
        var threads = (int)Math.Clamp(rows / Teams, 1, Math.Min(64, MostThreads));
        return new((int)Math.Min((rows + threads - 1) / threads, MostGroups), threads);
    }

    /// <summary>Into how many parts a long row is cut, where there are so many of them.</summary>
    public int Parts(long rows, int n)
    {
        var enough = Math.Max(1, Teams / Math.Max(1, rows));
        return (int)Math.Clamp(enough, 1, Math.Max(1, n / PartOf));
    }

    /// <summary>How many entries of a row to look at first; 0 for none.</summary>
    public int SampleFor(int n)
    {
        var threads = n <= ThreadRow ? 1 : GroupFor(n);
        return n >= Sample.From && n / threads >= SampleFrom ? Sample.SizeFor(n) : 0;
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

/// <summary>The kinds of <see cref="Teams.ITeam"/>.</summary>
internal enum TeamKind
{
    Thread,
    Group,
    Warps,
}
