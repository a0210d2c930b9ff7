using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Internals;

namespace SparseTopK.Differentiation;

/// <summary>Products with the Jacobians of short rows, one row per lane.</summary>
internal readonly unsafe struct LaneMap<T, TJacobian>(
    T* point, T* direction, int n, double* thresholds, int* k, int kStep, TJacobian jacobian, T* destination)
    where T : unmanaged, INumberBase<T>
    where TJacobian : struct, IJacobian<TJacobian>
{
    /// <summary>The longest row that this path takes: longer ones have blocks without an active entry, which are passed over where they stand.</summary>
    public const int Longest = 16;

    [SkipLocalsInit]
    public void Invoke(int start, int length)
    {
        Span<T> tiles = stackalloc T[3 * Longest * Lanes.Count];
        var size = n * Lanes.Count;
        var points = tiles[..size];
        var directions = tiles.Slice(size, size);
        var products = tiles.Slice(2 * size, size);
        Span<double> weights = stackalloc double[Longest * Lanes.Count];
        Span<double> certificates = stackalloc double[Lanes.Count];
        Span<double> counts = stackalloc double[Lanes.Count];
        certificates.Clear();
        counts.Clear();
        for (var row = start; row < start + length; row += Lanes.Count)
        {
            var present = Math.Min(Lanes.Count, start + length - row);
            var offset = (long)row * n;
            Lanes.Gather(point + offset, n, present, points);
            Lanes.Gather(direction + offset, n, present, directions);
            for (var lane = 0; lane < present; lane++)
            {
                certificates[lane] = thresholds == null ? 0 : thresholds[row + lane];
                counts[lane] = k == null ? 0 : k[(row + lane) * kStep];
            }

            Map(points, directions, weights, products, certificates, counts, present);
            Lanes.Scatter(products, n, present, destination + offset);
        }
    }

    private void Map(
        ReadOnlySpan<T> points, ReadOnlySpan<T> directions, Span<double> weights, Span<T> products,
        ReadOnlySpan<double> certificates, ReadOnlySpan<double> counts, int present)
    {
        var lower = new LaneProduct<TJacobian>(jacobian, certificates, counts, 0);
        var upper = new LaneProduct<TJacobian>(jacobian, certificates, counts, 1);
        for (var j = 0; j < n; j++)
        {
            var first = lower.Add(Lanes.Half(points, j, 0), Lanes.Half(directions, j, 0));
            var second = upper.Add(Lanes.Half(points, j, 1), Lanes.Half(directions, j, 1));
            Lanes.Store(first, second, weights, j);
        }

        lower.Couple();
        upper.Couple();
        for (var j = 0; j < n; j++)
        {
            var first = lower.Apply<T>(Lanes.Half(points, j, 0), Lanes.Half<double>(weights, j, 0), Lanes.Half(directions, j, 0));
            var second = upper.Apply<T>(Lanes.Half(points, j, 1), Lanes.Half<double>(weights, j, 1), Lanes.Half(directions, j, 1));
            Lanes.Store(first, second, products, j);
        }

        var coarse = new CoarseLanes(lower.Coarse, upper.Coarse);
        if (coarse.Any)
        {
            MapAlone(points, directions, products, certificates, counts, coarse, present);
        }
    }

    /// <summary>Does the rows once more whose certificates are too coarse.</summary>
    private void MapAlone(
        ReadOnlySpan<T> points, ReadOnlySpan<T> directions, Span<T> products, ReadOnlySpan<double> certificates, ReadOnlySpan<double> counts,
        CoarseLanes coarse, int present)
    {
        Span<T> memory = stackalloc T[2 * Longest];
        var p = memory[..n];
        var d = memory.Slice(n, n);
        for (var lane = 0; lane < present; lane++)
        {
            if (!coarse.Holds(lane))
            {
                continue;
            }

            for (var j = 0; j < n; j++)
            {
                (p[j], d[j]) = (points[(j * Lanes.Count) + lane], directions[(j * Lanes.Count) + lane]);
            }

            LinearMap.MapEach<T, TJacobian>(p, d, jacobian.ForRow(certificates[lane], (int)counts[lane]), d);
            for (var j = 0; j < n; j++)
            {
                products[(j * Lanes.Count) + lane] = d[j];
            }
        }
    }
}

/// <summary>The lanes whose certificates are too coarse, of either half.</summary>
internal readonly record struct CoarseLanes(Vector<long> Lower, Vector<long> Upper)
{
    public bool Any => Vector.AnyWhereAllBitsSet(Lower | Upper);

    public bool Holds(int lane) => (lane < Vector<long>.Count ? Lower[lane] : Upper[lane - Vector<long>.Count]) != 0;
}

/// <summary>The product of one half of the lanes.</summary>
internal struct LaneProduct<TJacobian>
    where TJacobian : struct, IJacobian<TJacobian>
{
    private readonly TJacobian _jacobian;
    private readonly Bounds _bounds;
    private readonly Vector<double> _k;
    private Sums _sums;
    private Vector<double> _coupling;

    /// <summary>All bits set, which is a NaN, where the whole row is NaN.</summary>
    private Vector<double> _invalid;

    public LaneProduct(TJacobian jacobian, ReadOnlySpan<double> certificates, ReadOnlySpan<double> counts, int half)
    {
        var first = half * Vector<double>.Count;
        var thresholds = new Vector<double>(certificates[first..]);
        (_jacobian, _bounds, _k) = (jacobian, jacobian.BoundsOf(thresholds), new(counts[first..]));
        _invalid = NotANumber(thresholds);
    }

    /// <summary>All bits set where the row has to be solved again.</summary>
    public readonly Vector<long> Coarse => _jacobian.AreCoarse(_bounds);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<double> Add(Vector<double> point, Vector<double> direction)
    {
        var weight = _jacobian.Weigh(point, _bounds);
        _jacobian.Add(point, weight, direction, _bounds, ref _sums);
        return weight;
    }

    /// <summary>Ends the sums.</summary>
    public void Couple()
    {
        _coupling = _jacobian.Couple(_sums, _k);
        _invalid |= NotANumber(_sums.Weights);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Vector<double> Apply<T>(Vector<double> point, Vector<double> weight, Vector<double> direction)
        where T : unmanaged, INumberBase<T> =>
        LinearMap.Finite<T>(_jacobian.Apply(point, weight, direction, _bounds, _coupling)) | _invalid;

    private static Vector<double> NotANumber(Vector<double> value) => (~Vector.Equals(value, value)).As<long, double>();
}
