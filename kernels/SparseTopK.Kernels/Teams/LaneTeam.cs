using ILGPU;

namespace SparseTopK.Kernels.Teams;

/// <summary>A few neighbouring lanes of a warp for each row, so that several short rows share a warp.</summary>
/// <remarks>A shuffle needs every lane of the warp: the teams of a warp keep step, see <see cref="Any"/>.</remarks>
internal readonly struct LaneTeam<TLanes> : ITeam
    where TLanes : struct, ILanes
{
    public static int Rank => Group.IdxX & (TLanes.Count - 1);

    public static int Size => TLanes.Count;

    public static int FirstRow => ((Grid.IdxX * Group.DimX) + Group.IdxX) / TLanes.Count;

    public static int RowStep => Grid.DimX * Group.DimX / TLanes.Count;

    public static bool Any(bool own)
    {
        var any = own ? 1 : 0;
        for (var mask = Warp.WarpSize / 2; mask >= TLanes.Count; mask /= 2)
        {
            any |= Warp.ShuffleXor(any, mask);
        }

        return any != 0;
    }

    public static void Barrier() => Warp.Barrier();

    public static T Join<T, TJoin>(T own)
        where T : unmanaged
        where TJoin : struct, IJoin<T> => WarpTeam.JoinLanes<T, TJoin>(own, TLanes.Count);
}

/// <summary>The lanes of a team: a power of two, at most a warp.</summary>
internal interface ILanes
{
    static abstract int Count { get; }
}

internal readonly struct TwoLanes : ILanes
{
    public static int Count => 2;
}

internal readonly struct FourLanes : ILanes
{
    public static int Count => 4;
}

internal readonly struct EightLanes : ILanes
{
    public static int Count => 8;
}

internal readonly struct SixteenLanes : ILanes
{
    public static int Count => 16;
}

internal readonly struct ThirtyTwoLanes : ILanes
{
    public static int Count => 32;
}
