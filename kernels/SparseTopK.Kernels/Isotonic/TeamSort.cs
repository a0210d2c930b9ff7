using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The entries of a row that are to be sorted.</summary>
internal interface ISortedCells
{
    /// <summary>Exchanges two entries unless the first may stand before the second.</summary>
    void Order(int first, int second);
}

/// <summary>Keys alone, the largest first.</summary>
internal readonly struct KeyCells(Cells<double> keys) : ISortedCells
{
    private readonly Cells<double> _keys = keys;

    public void Order(int first, int second)
    {
        var cells = _keys;
        var (left, right) = (cells[first], cells[second]);
        if (left < right)
        {
            (cells[first], cells[second]) = (right, left);
        }
    }
}

/// <summary>Sorts the entries of a row in place: a bitonic network, whose comparisons all point one way.</summary>
/// <remarks>Each merge begins with mirrored pairs (i, size - 1 - i), so that places past the end, which would hold the smallest keys, never
/// move: no padding is needed. O(n log^2 n) comparisons.</remarks>
internal static class TeamSort
{
    /// <summary>Sorts n entries, no key NaN. Every thread of the team has written its keys, and afterwards reads any.</summary>
    public static void Sort<TTeam, TCells>(TCells cells, int n)
        where TTeam : struct, ITeam
        where TCells : struct, ISortedCells
    {
        for (var size = 2L; size < 2L * n; size *= 2)
        {
            for (var stride = (int)(size / 2); stride > 0; stride /= 2)
            {
                TTeam.Barrier();
                for (var pair = TTeam.Rank; pair < Pairs(n, size); pair += TTeam.Size)
                {
                    Compare(cells, n, pair, size, stride);
                }
            }
        }

        TTeam.Barrier();
    }

    /// <summary>The pairs of a step, of blocks of a size.</summary>
    public static int Pairs(int n, long size) => (int)((n + size - 1) / size * (size / 2));

    /// <summary>Puts one pair of a step in order.</summary>
    public static void Compare<TCells>(TCells cells, int n, int pair, long size, int stride)
        where TCells : struct, ISortedCells
    {
        var place = pair & (stride - 1);
        var low = (2L * pair) - place;
        var high = stride == size / 2 ? low + size - 1 - (2 * place) : low + stride;
        if (high < n)
        {
            cells.Order((int)low, (int)high);
        }
    }
}
