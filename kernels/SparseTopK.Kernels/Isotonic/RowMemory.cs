using ILGPU;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Where a team keeps the numbers of its row. Taken once in a kernel.</summary>
internal interface IRowMemory
{
    /// <param name="scratch">Memory of all teams, or none.</param>
    /// <param name="length">The numbers of a row.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    static abstract Cells<double> Take<TTeam>(ArrayView<double> scratch, int length, int stride)
        where TTeam : struct, ITeam;
}

/// <summary>Global memory: rows of any length.</summary>
internal readonly struct GlobalMemory : IRowMemory
{
    public static Cells<double> Take<TTeam>(ArrayView<double> scratch, int length, int stride)
        where TTeam : struct, ITeam => Cells<double>.Of(scratch, TTeam.FirstRow, length, stride);
}

/// <summary>Shared memory of a group, so little that many groups run at once.</summary>
internal readonly struct SmallSharedMemory : IRowMemory
{
    public const int Length = 384;

    public static Cells<double> Take<TTeam>(ArrayView<double> scratch, int length, int stride)
        where TTeam : struct, ITeam => new(SharedMemory.Allocate<double>(Length), 1);
}

/// <summary>Shared memory of a group: with what joins take, within the 32 KB that every device has.</summary>
internal readonly struct LargeSharedMemory : IRowMemory
{
    public const int Length = 2048;

    public static Cells<double> Take<TTeam>(ArrayView<double> scratch, int length, int stride)
        where TTeam : struct, ITeam => new(SharedMemory.Allocate<double>(Length), 1);
}
