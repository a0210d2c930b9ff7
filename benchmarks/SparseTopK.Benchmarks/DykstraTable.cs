using System.Diagnostics;

namespace SparseTopK.Benchmarks;

/// <summary>How far Dykstra's algorithm comes on the isotonic problem of the mask (p = 2), against its exact solution: a Markdown table.</summary>
internal static class DykstraTable
{
    private const int MaxHalfSweeps = 100_000;

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
                output.WriteLine(new Problem(n, lambda).Line());
            }
        }
    }

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

        public string Line()
        {
            var exactTime = BestTime(() => IsotonicRegression.Forward<double>(
                _x, _x.Length, [], IsotonicObjective.LeastSquares, _exact, _blockEnds));
            return FormattableString.Invariant(
                $"| {_x.Length} | {_lambda} | {Pooled()} | {Cells(1e-4, exactTime)} | {Cells(1e-6, exactTime)} | {ErrorAfter(500):0.0e0} |");
        }

        private string Cells(double tolerance, double exactTime)
        {
            var options = new DykstraOptions { Tolerance = tolerance, MaxHalfSweeps = MaxHalfSweeps };
            var time = BestTime(() => Project(options));
            var (halfSweeps, residual, converged) = _result[0];
            var count = converged ? $"{halfSweeps}" : FormattableString.Invariant($"none (residual {residual:0.0e0})");
            return FormattableString.Invariant($"{count} | {Error():0.0e0} | {time / exactTime:0.#}");
        }

        private double ErrorAfter(int halfSweeps)
        {
            Project(new DykstraOptions { Tolerance = 0, MaxHalfSweeps = halfSweeps });
            return Error();
        }

        private void Project(DykstraOptions options) => Dykstra.Project<double>(_x, _x.Length, [], _v, _result, options);

        private double Error() => _v.Zip(_exact, (v, exact) => Math.Abs(v - exact) / _lambda).Max();

        /// <summary>The entries in blocks of two and more.</summary>
        private int Pooled()
        {
            var ends = _blockEnds.Distinct().ToArray();
            return ends.Zip(ends.Prepend(0), (end, start) => end - start).Where(length => length > 1).Sum();
        }

        /// <summary>The shortest of the runs that fit in a fifth of a second, once the code is compiled for good.</summary>
        private static double BestTime(Action run)
        {
            var best = double.PositiveInfinity;
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < 3 || clock.ElapsedMilliseconds < 200; i++)
            {
                var start = Stopwatch.GetTimestamp();
                run();
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            return best;
        }
    }
}
