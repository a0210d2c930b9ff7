using System.Globalization;

namespace SparseTopK.Benchmarks;

/// <summary>argmin of 1/2 ||s - lambda w - v||^2 over decreasing v, w the top-k weights, k = n/8; the mask is (s - v)/lambda.</summary>
internal sealed class ConvergenceProblem
{
    private const int MaxHalfSweeps = 100_000;

    private readonly double[] _x;
    private readonly double[] _shifted;
    private readonly double[] _exact;
    private readonly double[] _mask;
    private readonly int[] _blockEnds;
    private readonly double[] _v;
    private readonly DykstraResult[] _result = new DykstraResult[1];

    public ConvergenceProblem(int n, double lambda)
    {
        (Length, Lambda) = (n, lambda);
        _x = Inputs.NormalDouble(n, 1);
        Array.Sort(_x);
        Array.Reverse(_x);
        _shifted = [.. _x.Select((x, i) => i < n / 8 ? x - lambda : x)];
        (_exact, _v, _mask, _blockEnds) = (new double[n], new double[n], new double[n], new int[n]);
        IsotonicRegression.Forward<double>(_shifted, n, [], IsotonicObjective.LeastSquares, _exact, _blockEnds);
    }

    public int Length { get; }

    public double Lambda { get; }

    public void Solve() => TopKMask.Forward<double>(_x, Length, Length / 8, PNorm.Quadratic(Lambda), _mask);

    public void Project(double tolerance, int maxHalfSweeps = MaxHalfSweeps)
    {
        var options = new DykstraOptions { Tolerance = tolerance, MaxHalfSweeps = maxHalfSweeps };
        Dykstra.Project<double>(_shifted, Length, [], _v, _result, options);
    }

    /// <summary>The time of some work over that of the threshold solver, in turns.</summary>
    public double RelativeTime(Action<ConvergenceProblem> work)
    {
        var times = Timing.Medians([new("threshold", static problem => problem.Solve()), new("work", work)], this, 0.1);
        return times[1] / times[0];
    }

    /// <summary>The half-sweeps to a tolerance.</summary>
    public string Reached(double tolerance)
    {
        Project(tolerance);
        var (halfSweeps, residual, converged) = _result[0];
        return converged
            ? halfSweeps.ToString("#,0", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"none (residual {residual:0.0e0})");
    }

    /// <summary>The error of the last projection.</summary>
    public double Error() => _v.Zip(_exact, (v, exact) => Math.Abs(v - exact) / Lambda).Max();

    /// <summary>The error after a number of half-sweeps.</summary>
    public double ErrorAfter(int halfSweeps)
    {
        Project(0, halfSweeps);
        return Error();
    }

    /// <summary>The error of the threshold solver, against pooling.</summary>
    public double ThresholdError()
    {
        Solve();
        return _mask.Select((y, i) => Math.Abs(y - ((_x[i] - _exact[i]) / Lambda))).Max();
    }

    /// <summary>The entries in blocks of two and more.</summary>
    public int Pooled()
    {
        var ends = _blockEnds.Distinct().ToArray();
        return ends.Zip(ends.Prepend(0), (end, start) => end - start).Where(length => length > 1).Sum();
    }
}
