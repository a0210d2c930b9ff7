using System.Numerics;

namespace SparseTopK.Tests;

/// <summary>A batch, and room for every result of the isotonic family on it: <see cref="Run"/> fills it.</summary>
internal sealed class FamilyBatch<T>(int rows, int n, PNorm norm)
    where T : unmanaged, INumberBase<T>
{
    private static readonly SoftOrder Quadratic = new(0.3);
    private static readonly SoftOrder Entropic = new(0.3, SortDirection.Descending, SoftRegularization.Entropic);
    private static readonly DykstraOptions Few = new() { MaxHalfSweeps = 30, AcceptUnconverged = true };

    private readonly int[] _k = [Math.Max(1, n / 4)];
    private readonly T[] _x = Operators.Normal<T>(rows * n, n);
    private readonly T[] _g = Operators.Normal<T>(rows * n, n + 1);
    private readonly T[] _w = [.. Enumerable.Range(0, n).Select(i => T.CreateTruncating(1 + ((n - i) / (double)n)))];
    private readonly T[][] _results = [.. Enumerable.Range(0, 26).Select(_ => new T[rows * n])];
    private readonly int[][] _places = [.. Enumerable.Range(0, 10).Select(_ => new int[rows * n])];
    private readonly double[] _thresholds = new double[rows];

    /// <summary>How Dykstra's algorithm ended.</summary>
    public DykstraResult[] Ends { get; } = new DykstraResult[rows];

    /// <summary>All numbers written.</summary>
    public IEnumerable<Array> All => [.. _results, .. _places, _thresholds];

    public T[] X => _x;

    public T[] G => _g;

    public T[] W => _w;

    /// <summary>Each operator, in a fixed order; allocates nothing itself.</summary>
    public void Run()
    {
        var next = 0;
        Isotonic(IsotonicObjective.LeastSquares, ref next, _places[0]);
        Isotonic(IsotonicObjective.LinearTerm(norm), ref next, _places[1]);
        Isotonic(IsotonicObjective.QuadraticTerm(norm), ref next, _places[2]);
        Soft(Quadratic, ref next, _places[3], _places[4], _places[5]);
        Soft(Entropic, ref next, _places[6], _places[7], _places[8]);
        var (order, ends) = (_places[9], _places[8]);
        Permutahedron.Forward<T>(_x, n, _w, norm, _results[next], order, ends);
        Permutahedron.Vjp<T>(_results[next], order, ends, _g, n, norm, _results[next + 1]);
        Permutahedron.Jvp<T>(_results[next], order, ends, _g, n, norm, _results[next + 2]);
        Dykstra.Project<T>(_x, n, _w, _results[next + 3], Ends, Few);
        TopKMask.Forward<T>(_x, n, _k, PNorm.Quadratic(0.3), _results[next + 4], _thresholds, Few);
        TopKMagnitude.Forward<T>(_x, n, _k, PNorm.Quadratic(0.3), _results[next + 5], _thresholds, Few);
    }

    private void Isotonic(IsotonicObjective objective, ref int next, int[] ends)
    {
        IsotonicRegression.Forward<T>(_x, n, _w, objective, _results[next], ends);
        IsotonicRegression.Vjp<T>(_x, _results[next], ends, _g, n, _w, objective, _results[next + 1]);
        IsotonicRegression.Jvp<T>(_x, _results[next], ends, _g, n, _w, objective, _results[next + 2]);
        next += 3;
    }

    private void Soft(SoftOrder kind, ref int next, int[] order, int[] ends, int[] sortEnds)
    {
        SoftRank.Forward<T>(_x, n, kind, _results[next], order, ends);
        SoftRank.Vjp<T>(_x, order, ends, _g, n, kind, _results[next + 1]);
        SoftRank.Jvp<T>(_x, order, ends, _g, n, kind, _results[next + 2]);
        SoftSort.Forward<T>(_x, n, kind, _results[next + 3], order, sortEnds);
        SoftSort.Vjp<T>(_x, order, sortEnds, _g, n, kind, _results[next + 4]);
        next += 5;
    }
}
