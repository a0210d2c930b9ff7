using System.Numerics;

namespace SparseTopK.Benchmarks.Tables;

/// <summary>A copy and a sort of the rows, and the core.</summary>
internal sealed class CoreContenders : IContenders
{
    public const double Lambda = 0.1;

    /// <summary>Dykstra's algorithm is not for longer rows.</summary>
    private const int LongestForDykstra = 64;

    /// <summary>Where sorting alone takes seconds for a table.</summary>
    private const int LongestForPav = 1_000_000;

    public static (string Name, PNorm Norm)[] Norms { get; } =
        [("p = 2", PNorm.Quadratic(Lambda)), ("p = 3/2", new PNorm(1.5, Lambda)), ("p = 4/3", PNorm.Smooth(Lambda))];

    public IEnumerable<string> Describe() => [];

    public IEnumerable<Contender> For(Group group) => group.IsDouble ? For<double>(group) : For<float>(group);

    private static IEnumerable<Contender> For<T>(Group group)
        where T : unmanaged, INumberBase<T>, IComparable<T>
    {
        yield return Line("copy", static work => work.Copy());
        yield return Line("Array.Sort", static work => work.Sort());
        foreach (var (p, norm) in Norms)
        {
            foreach (var solver in Solvers(group, norm))
            {
                var by = solver == TopKSolver.Threshold ? string.Empty : $", {(solver == TopKSolver.Pav ? "PAV" : "Dykstra")}";
                yield return Line($"mask, {p}{by}", work => work.Mask(norm, solver));
                yield return Line($"mask + VJP, {p}{by}", work => work.MaskAndVjp(norm, solver));
                yield return Line($"magnitude, {p}{by}", work => work.Magnitude(norm, solver));
                yield return Line($"magnitude + VJP, {p}{by}", work => work.MagnitudeAndVjp(norm, solver));
            }
        }

        Contender Line(string name, Action<CoreCase<T>> run) => new(group, name, () =>
        {
            TopKParallelism.MaxDegreeOfParallelism = group.Threads;
            var work = new CoreCase<T>(group.Shape);
            return new(() => run(work));
        });
    }

    private static IEnumerable<TopKSolver> Solvers(Group group, PNorm norm)
    {
        yield return TopKSolver.Threshold;
        if (group.IsFull && group.Shape.N <= LongestForPav)
        {
            yield return TopKSolver.Pav;
        }

        if (group.IsFull && norm.P == 2 && group.Shape.N <= LongestForDykstra)
        {
            yield return TopKSolver.Dykstra;
        }
    }
}

/// <summary>The memory of one line.</summary>
internal sealed class CoreCase<T>
    where T : unmanaged, INumberBase<T>, IComparable<T>
{
    private static readonly DykstraOptions BestEffort = new() { AcceptUnconverged = true };

    private readonly int _n;
    private readonly int _k;
    private readonly int[] _counts;
    private readonly T[] _x;
    private readonly T[] _g;
    private readonly T[] _result;
    private readonly T[] _product;
    private readonly double[] _thresholds;

    public CoreCase(Shape shape)
    {
        (_n, _k, _counts) = (shape.N, shape.K, [.. Enumerable.Repeat(shape.K, shape.Rows)]);
        (_x, _g) = SharedInputs.Of<T>(shape);
        (_result, _product, _thresholds) = (new T[_x.Length], new T[_x.Length], new double[shape.Rows]);
    }

    public void Copy() => _x.AsSpan().CopyTo(_result);

    public void Sort()
    {
        for (var start = 0; start < _x.Length; start += _n)
        {
            var row = _result.AsSpan(start, _n);
            _x.AsSpan(start, _n).CopyTo(row);
            row.Sort();
        }
    }

    public void Mask(PNorm norm, TopKSolver solver)
    {
        if (solver == TopKSolver.Dykstra)
        {
            TopKMask.Forward<T>(_x, _n, _counts, norm, _result, [], BestEffort, []);
            return;
        }

        TopKMask.Forward<T>(_x, _n, _k, norm, _result, solver);
    }

    public void MaskAndVjp(PNorm norm, TopKSolver solver)
    {
        Mask(norm, solver);
        TopKMask.Vjp<T>(_result, _g, _n, norm, _product);
    }

    public void Magnitude(PNorm norm, TopKSolver solver)
    {
        if (solver == TopKSolver.Dykstra)
        {
            TopKMagnitude.Forward<T>(_x, _n, _counts, norm, _result, _thresholds, BestEffort, []);
            return;
        }

        TopKMagnitude.Forward<T>(_x, _n, _k, norm, _result, _thresholds, solver);
    }

    public void MagnitudeAndVjp(PNorm norm, TopKSolver solver)
    {
        Magnitude(norm, solver);
        TopKMagnitude.Vjp<T>(_x, _thresholds, _g, _n, _k, norm, _product);
    }
}
