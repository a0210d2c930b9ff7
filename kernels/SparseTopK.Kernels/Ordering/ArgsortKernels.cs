using ILGPU;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Ordering;

/// <summary>The order of each row: its keys, the largest first, and the places that they come from. Ties keep the order of their places.</summary>
internal static class ArgsortKernels
{
    /// <summary>Writes the keys sign * x and their places. A row with a NaN has no order; its NaN count as 0 here.</summary>
    public static void Load<T, TElement>(ArrayView<T> x, int n, double sign, ArrayView<double> keys, ArrayView<int> places)
        where T : unmanaged
        where TElement : struct, IElement<T>
    {
        for (long i = ThreadTeam.FirstRow; i < x.Length; i += ThreadTeam.RowStep)
        {
            var value = default(TElement).Load(x[i]);
            keys[i] = double.IsNaN(value) ? 0.0 : sign * value;
            places[i] = (int)(i % n);
        }
    }

    /// <summary>Sorts each row, a team for each.</summary>
    public static void Sort<TTeam>(ArrayView<double> keys, ArrayView<int> places, int n)
        where TTeam : struct, ITeam
    {
        var rows = (int)(keys.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            TeamSort.Sort<TTeam, PlacedKeys>(new(keys.SubView((long)r * n, n), places.SubView((long)r * n, n)), n);
        }
    }

    /// <summary>A step of the network over all rows: see <see cref="TeamSort"/>.</summary>
    public static void Step(ArrayView<double> keys, ArrayView<int> places, int n, long size, int stride)
    {
        var pairs = TeamSort.Pairs(n, size);
        for (long i = ThreadTeam.FirstRow; i < keys.Length / n * pairs; i += ThreadTeam.RowStep)
        {
            var start = i / pairs * n;
            TeamSort.Compare(new PlacedKeys(keys.SubView(start, n), places.SubView(start, n)), n, (int)(i % pairs), size, stride);
        }
    }
}

/// <summary>The keys of a row and their places. No two entries are alike, so that the order does not depend on the network.</summary>
internal readonly struct PlacedKeys(ArrayView<double> keys, ArrayView<int> places) : ISortedCells
{
    private readonly ArrayView<double> _keys = keys;
    private readonly ArrayView<int> _places = places;

    public void Order(int first, int second)
    {
        var (left, right) = (_keys[first], _keys[second]);
        var (leftPlace, rightPlace) = (_places[first], _places[second]);
        if (left < right || (left == right && leftPlace > rightPlace))
        {
            (_keys[first], _keys[second]) = (right, left);
            (_places[first], _places[second]) = (rightPlace, leftPlace);
        }
    }
}
