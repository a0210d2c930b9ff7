using ILGPU;

namespace SparseTopK.Kernels.Teams;

/// <summary>One thread for each row.</summary>
internal readonly struct ThreadTeam : ITeam
{
    public static int Rank => 0;

    public static int Size => 1;

    public static int FirstRow => (Grid.IdxX * Group.DimX) + Group.IdxX;

    public static int RowStep => Grid.DimX * Group.DimX;

    public static bool Any(bool own) => own;

    public static void Barrier()
    {
    }

    public static T Join<T, TJoin>(T own)
        where T : unmanaged
        where TJoin : struct, IJoin<T> => own;
}
