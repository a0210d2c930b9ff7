using ILGPU.Runtime;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels.Tests;

/// <summary>How a test has rows spread over threads.</summary>
public enum Spread
{
    /// <summary>As on this device.</summary>
    Own,

    /// <summary>A thread for each row, of any length.</summary>
    Threads,

    /// <summary>A group for each row, in memory.</summary>
    Groups,

    /// <summary>Lanes, or whole warps, for each row, in registers.</summary>
    Held,

    /// <summary>A group of whole warps for each row, in memory.</summary>
    Warps,

    /// <summary>Several groups for each row.</summary>
    Parts,

    /// <summary>Several threads for each row, each a team of its own.</summary>
    ThreadParts,
}

internal static class Spreads
{
    public static LaunchPlan Plan(Spread spread, Accelerator accelerator)
    {
        var own = LaunchPlan.For(accelerator);
        var most = LaunchPlan.MostThreadsOf(accelerator);
        return spread switch
        {
            Spread.Own => own,
            Spread.Threads => own with { Held = 0, ThreadRow = int.MaxValue, LongRow = int.MaxValue },
            Spread.Groups => own with { Held = 0, ThreadRow = 0, LongRow = int.MaxValue, MostThreads = most, Warp = 0 },
            Spread.Held => own with { LongRow = int.MaxValue, MostThreads = most, Warp = accelerator.WarpSize },
            Spread.Warps => own with { Held = 0, ThreadRow = 0, LongRow = int.MaxValue, MostThreads = most, Warp = accelerator.WarpSize },
            Spread.Parts => own with { ThreadRow = 0, LongRow = 1, MostThreads = most, Warp = 0, PartOf = 8, Teams = 16 },
            _ => own with { ThreadRow = int.MaxValue, LongRow = 1, PartOf = 8, Teams = 16 },
        };
    }
}
