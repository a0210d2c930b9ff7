namespace SparseTopK.Benchmarks;

/// <summary>How far Dykstra's algorithm comes on the isotonic problem of the mask (p = 2), against its exact solution: a Markdown table.</summary>
internal static class DykstraTable
{
    private const int MaxHalfSweeps = 100_000;

    private static readonly Column<Problem>[] Columns =
    [
        new("exact", static problem => problem.Solve()),
        new("coarse", static problem => problem.Project(1e-4)),
        new("fine", static problem => problem.Project(1e-6)),
    ];

    public static void Run(TextWriter output)
    {
        TopKParallelism.MaxDegreeOfParallelism = 1;
        output.WriteLine($"A sorted standard normal row of n entries, k = n/8, float64, one thread; at most {MaxHalfSweeps:n0} half-sweeps. Pooled: the");
        output.WriteLine("entries of the exact solution that share a value. Tolerance: of the residual, over max x - min x. Error: the largest of an entry");
        output.WriteLine("of the mask. Time: over that of the exact solution.");
        output.WriteLine();
        output.WriteLine("| n | lambda | pooled | half-sweeps to 1e-4 | error | time | half-sweeps to 1e-6 | error | time | error after 500 |");
        output.WriteLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var n in (int[])[16, 64, 256, 1024])
        {
            foreach (var lambda in (double[])[0.01, 0.1, 1, 10])
            {
                var problem = new Problem(n, lambda);
                var times = Timing.Medians(Columns, problem, 0.1);
                output.WriteLine(FormattableString.Invariant(
                    $"| {n} | {lambda} | {problem.Pooled()} | {problem.Reached(1e-4)} | {Factor(times[1] / times[0])} | {problem.Reached(1e-6)} | {Factor(times[2] / times[0])} | {problem.ErrorAfter(500):0.0e0} |"));
            }
        }
    }

    private static string Factor(double value) =>
        value < 10 ? FormattableString.Invariant($"{value:0.0}") : FormattableString.Invariant($"{value:#,0}");

    /// <summary>argmin of 1/2 ||s - lambda w - v||^2 over decreasing v, w the top-k weights; the mask is (s - v)/lambda.</summary>
    private sealed class Problem
    {
        private readonly double _lambda;
        private readonly double[] _x;
        private readonly double[] _exact;
        private readonly int[] _blockEnds;
        private readonly double[] _v;
        private readonly DykstraResult[] _result = new DykstraResult[1];

        public Problem(int n, double lambda)
        {
            _lambda = lambda;
            _x = Inputs.NormalDouble(n, 1);
            Array.Sort(_x);
            Array.Reverse(_x);
            foreach (ref var entry in _x.AsSpan(0, n / 8))
            {
                entry -= lambda;
            }

            (_exact, _v, _blockEnds) = (new double[n], new double[n], new int[n]);
        }

        public void Solve() =>
            IsotonicRegression.Forward<double>(_x, _x.Length, [], IsotonicObjective.LeastSquares, _exact, _blockEnds);

        public void Project(double tolerance, int maxHalfSweeps = MaxHalfSweeps)
        {
            var options = new DykstraOptions { Tolerance = tolerance, MaxHalfSweeps = maxHalfSweeps };
            Dykstra.Project<double>(_x, _x.Length, [], _v, _result, options);
        }

        /// <summary>The half-sweeps to a tolerance, and the error then.</summary>
        public string Reached(double tolerance)
        {
            Project(tolerance);
            var (halfSweeps, residual, converged) = _result[0];
            var count = converged ? $"{halfSweeps}" : FormattableString.Invariant($"none (residual {residual:0.0e0})");
            return FormattableString.Invariant($"{count} | {Error():0.0e0}");
        }

        /// <summary>The error after a number of half-sweeps.</summary>
        public double ErrorAfter(int halfSweeps)
        {
            Project(0, halfSweeps);
            return Error();
        }

        /// <summary>The entries in blocks of two and more.</summary>
        public int Pooled()
        {
            var ends = _blockEnds.Distinct().ToArray();
            return ends.Zip(ends.Prepend(0), (end, start) => end - start).Where(length => length > 1).Sum();
        }

        private double Error() => _v.Zip(_exact, (v, exact) => Math.Abs(v - exact) / _lambda).Max();
    }
}
