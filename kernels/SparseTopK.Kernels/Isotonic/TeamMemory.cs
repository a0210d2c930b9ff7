using ILGPU;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>A launch whose teams have numbers of their own in global memory: so many teams that their memory stays within bounds.</summary>
/// <param name="Config">The launch.</param>
/// <param name="Stride">See <see cref="Cells{T}"/>.</param>
/// <param name="Length">The numbers of all teams.</param>
internal readonly record struct TeamMemory(KernelConfig Config, int Stride, long Length)
{
    /// <summary>The most memory of a launch, but that one team at least needs its own.</summary>
    public const long Bytes = 1L << 28;

    /// <param name="plan">How rows are spread.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="n">The entries of a row, by which its team is chosen; 1 for a thread whatever the length.</param>
    /// <param name="numbers">The numbers of a team.</param>
    /// <param name="size">The bytes of one of them.</param>
    /// <param name="areThreads">Whether teams are threads.</param>
    public static TeamMemory For(LaunchPlan plan, long rows, int n, long numbers, int size, bool areThreads)
    {
        var most = Math.Max(1, Bytes / size / Math.Max(1, numbers));
        var config = plan.Rows(Math.Min(rows, most), n);
        var teams = areThreads ? config.GridDim.X * config.GroupDim.X : config.GridDim.X;
        return new(config, areThreads && !plan.IsProcessor ? teams : 1, teams * numbers);
    }
}
