using ILGPU;

namespace SparseTopK.Kernels.Teams;

/// <summary>A group of whole warps for each row, which join what they have by shuffles, and the warps in shared memory.</summary>
/// <remarks>For accelerators whose warps shuffle, and groups of a multiple of their warp.</remarks>
internal readonly struct WarpTeam : ITeam
{
    /// <summary>The most warps of a group.</summary>
    public const int MostWarps = 32;

    public static int Rank => Group.IdxX;

    public static int Size => Group.DimX;

    public static int FirstRow => Grid.IdxX;

    public static int RowStep => Grid.DimX;

    public static bool Any(bool own) => own;

    public static void Barrier() => Group.Barrier();

    public static T Join<T, TJoin>(T own)
        where T : unmanaged
        where TJoin : struct, IJoin<T>
    {
        var all = JoinLanes<T, TJoin>(own, Warp.WarpSize);
        if (Group.DimX == Warp.WarpSize)
        {
            return all;
        }

        var shared = SharedMemory.Allocate<T>(MostWarps);
        if (Warp.IsFirstLane)
        {
            shared[Warp.WarpIdx] = all;
        }

        Group.Barrier();
        all = shared[0];
        for (var warp = 1; warp < Group.DimX / Warp.WarpSize; warp++)
        {
            all = TJoin.Join(all, shared[warp]);
        }

        Group.Barrier();
        return all;
    }

    /// <summary>What each so many neighbouring lanes have, joined, to each of them.</summary>
    public static T JoinLanes<T, TJoin>(T own, int lanes)
        where T : unmanaged
        where TJoin : struct, IJoin<T>
    {
        var all = own;
        for (var mask = lanes / 2; mask > 0; mask /= 2)
        {
            var other = Warp.ShuffleXor(all, mask);

            // The lane with the bit clear goes first: every lane then joins the same two in the same order.
            all = (Warp.LaneIdx & mask) == 0 ? TJoin.Join(all, other) : TJoin.Join(other, all);
        }

        return all;
    }
}
