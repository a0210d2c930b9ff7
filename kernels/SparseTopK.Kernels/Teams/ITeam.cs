namespace SparseTopK.Kernels.Teams;

/// <summary>The threads that work on one row together. All of them run the same code and take the same branches.</summary>
internal interface ITeam
{
    /// <summary>This thread's number in its team.</summary>
    static abstract int Rank { get; }

    /// <summary>The threads of the team.</summary>
    static abstract int Size { get; }

    /// <summary>The first row of this team.</summary>
    static abstract int FirstRow { get; }

    /// <summary>From one row of this team to its next.</summary>
    static abstract int RowStep { get; }

    /// <summary>Whether this team says so, or another that has to take the same branches: a loop goes on while any of them does.</summary>
    static abstract bool Any(bool own);

    /// <summary>What any of them wrote before it, all of them read after it.</summary>
    static abstract void Barrier();

    /// <summary>What all threads have, joined in an order that depends on the size of the team alone, to each of them.</summary>
    static abstract T Join<T, TJoin>(T own)
        where T : unmanaged
        where TJoin : struct, IJoin<T>;
}

/// <summary>How two partial results become one.</summary>
internal interface IJoin<T>
{
    static abstract T Join(T left, T right);
}
