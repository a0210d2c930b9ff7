namespace SparseTopK.Kernels.Teams;

/// <summary>A thread's share of a row: entries First, First + Stride, ..., so many of them.</summary>
/// <remarks>A row is cut into parts of neighbours, one for each team. In a part the threads of the team take turns, so that they read neighbours
/// at the same time, and one thread alone reads one entry after the other.</remarks>
internal readonly record struct Share(int First, int Stride, int Length)
{
    /// <summary>This thread's share of a part of a row of n entries.</summary>
    public static Share Of<TTeam>(int n, int part, int parts)
        where TTeam : struct, ITeam
    {
        var length = ((n - 1) / parts) + 1;
        var first = (part * length) + TTeam.Rank;
        var end = Math.Min((part + 1) * length, n);
        return new(first, TTeam.Size, first < end ? ((end - first - 1) / TTeam.Size) + 1 : 0);
    }

    /// <summary>This thread's share of a whole row.</summary>
    public static Share Of<TTeam>(int n)
        where TTeam : struct, ITeam => Of<TTeam>(n, 0, 1);

    /// <summary>The place in the row of this share's j-th entry.</summary>
    public int Place(int j) => First + (j * Stride);
}
