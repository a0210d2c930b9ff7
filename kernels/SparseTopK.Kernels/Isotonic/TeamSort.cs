using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Sorts the keys of a row in place, the largest first: a bitonic network, whose comparisons all point one way.</summary>
/// <remarks>Each merge begins with mirrored pairs (i, size - 1 - i), so that places past the end, which would hold the smallest keys, never
/// move: no padding is needed. O(n log^2 n) comparisons.</remarks>
internal static class TeamSort
{
    /// <summary>Sorts n keys, none NaN. Every thread of the team has written its keys, and afterwards reads any.</summary>
    public static void Sort<TTeam>(Cells<double> keys, int n)
        where TTeam : struct, ITeam
    {
        for (var size = 2L; size < 2L * n; size *= 2)
        {
            for (var stride = (int)(size / 2); stride > 0; stride /= 2)
            {
                TTeam.Barrier();
                for (var pair = TTeam.Rank; pair < Pairs(n, size); pair += TTeam.Size)
                {
                    Compare(keys, n, pair, size, stride);
                }
            }
        }

        TTeam.Barrier();
    }

    /// <summary>The pairs of a step, of blocks of a size.</summary>
    public static int Pairs(int n, long size) => (int)((n + size - 1) / size * (size / 2));

    /// <summary>Puts one pair of a step in order.</summary>
    public static void Compare(Cells<double> keys, int n, int pair, long size, int stride)
    {
        var place = pair & (stride - 1);
        var low = (2L * pair) - place;
        var high = stride == size / 2 ? low + size - 1 - (2 * place) : low + stride;
        if (high < n)
        {
            var (first, second) = (keys[(int)low], keys[(int)high]);
            if (first < second)
            {
                (keys[(int)low], keys[(int)high]) = (second, first);
            }
        }
    }
}
