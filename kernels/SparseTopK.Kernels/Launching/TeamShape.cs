using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Launching;

/// <summary>A team that works on a row.</summary>
/// <param name="Kind">Which team.</param>
/// <param name="Threads">How many threads it has.</param>
internal readonly record struct TeamShape(TeamKind Kind, int Threads)
{
    /// <summary>Does something with the type of the team.</summary>
    public void Run<TWork>(TWork work)
        where TWork : ITeamWork
    {
        switch (Kind, Threads)
        {
            case (TeamKind.Thread, _):
                work.Run<ThreadTeam>();
                break;
            case (TeamKind.Lanes, 2):
                work.Run<LaneTeam<TwoLanes>>();
                break;
            case (TeamKind.Lanes, 4):
                work.Run<LaneTeam<FourLanes>>();
                break;
            case (TeamKind.Lanes, 8):
                work.Run<LaneTeam<EightLanes>>();
                break;
            case (TeamKind.Lanes, 16):
                work.Run<LaneTeam<SixteenLanes>>();
                break;
            case (TeamKind.Lanes, _):
                work.Run<LaneTeam<ThirtyTwoLanes>>();
                break;
            case (TeamKind.Group, _):
                work.Run<GroupTeam>();
                break;
            default:
                work.Run<WarpTeam>();
                break;
        }
    }
}

/// <summary>The kinds of <see cref="ITeam"/>.</summary>
internal enum TeamKind
{
    Thread,
    Lanes,
    Group,
    Warps,
}

/// <summary>What is done with the type of a team.</summary>
internal interface ITeamWork
{
    void Run<TTeam>()
        where TTeam : struct, ITeam;
}
