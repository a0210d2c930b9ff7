using ILGPU;

namespace SparseTopK.Kernels.Teams;

/// <summary>A group of threads for each row, which join what they have in shared memory: on any accelerator.</summary>
internal readonly struct GroupTeam : ITeam
{
    /// <summary>The most threads of a group; a power of two.</summary>
    public const int MostThreads = 256;

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
        var shared = SharedMemory.Allocate<T>(MostThreads);
        shared[Group.IdxX] = own;
        Group.Barrier();
        for (var half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                shared[Group.IdxX] = TJoin.Join(shared[Group.IdxX], shared[Group.IdxX + half]);
            }

            Group.Barrier();
        }

        var all = shared[0];
        Group.Barrier();
        return all;
    }
}
