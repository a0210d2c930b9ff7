using System.CommandLine;
using System.Globalization;
using System.Text;
using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Benchmarks;

/// <summary>How far Dykstra's algorithm comes on a mask (p = 2) and at what price, beside the threshold solver: a Markdown table, and a chart.</summary>
internal static class ConvergenceReport
{
    private const int MaxHalfSweeps = 100_000;

    private static readonly int[] Lengths = [16, 64, 256, 1024];
    private static readonly double[] Lambdas = [0.01, 0.1, 1, 10];
    private static readonly int[] Counts = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000];
    private static readonly string[] Colors = ["#009e73", "#0072b2", "#cc79a7", "#d55e00"];

    public static Command Command()
    {
        var svg = new Option<FileInfo?>("--svg") { Description = "Writes a chart of error against time to this file." };
        var command = new Command("convergence", "What Dykstra's algorithm reaches and costs, beside the threshold solver: a Markdown table.") { svg };
        command.SetAction(arguments =>
        {
            Console.Out.Write(Table());
            if (arguments.GetValue(svg) is { } file)
            {
                WholeFile.Write(file.FullName, Chart());
            }
        });
        return command;
    }

    public static string Table()
    {
        TopKParallelism.MaxDegreeOfParallelism = 1;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"A standard normal row of n entries, k = n/8, float64, one thread; at most {MaxHalfSweeps:n0} half-sweeps. Pooled: the entries of");
        text.AppendLine("the isotonic solution that share a value with another. Tolerance: of the residual, over max x - min x. Error: the largest of an entry");
        text.AppendLine("of the mask, against pooling adjacent violators. Time: over that of `TopKSolver.Threshold`, which sorts nothing; Dykstra's is without the sort.");
        text.AppendLine();
        text.AppendLine("| n | lambda | pooled | threshold: error | half-sweeps to 1e-4 | error | time | half-sweeps to 1e-6 | error | time | error after 10 | 100 | 500 | 10,000 |");
        text.AppendLine("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (var n in Lengths)
        {
            foreach (var lambda in Lambdas)
            {
                text.AppendLine(Line(new ConvergenceProblem(n, lambda)));
            }
        }

        return text.ToString();
    }

    /// <summary>Error against time, both on scales of powers of ten.</summary>
    public static string Chart()
    {
        TopKParallelism.MaxDegreeOfParallelism = 1;
        var x = new Axis("time, in multiples of the threshold solver's; lambda = 1", -1, 4, [.. Enumerable.Range(-1, 6).Select(Decade)]);
        var y = new Axis("largest error of an entry of the mask", -17, 0, [.. Enumerable.Range(-4, 5).Select(i => Decade(4 * i))]);
        var chart = new SvgChart("Dykstra, 1 to 10,000 half-sweeps, and the threshold solver", x, y);
        foreach (var (n, color) in Lengths.Zip(Colors))
        {
            var problem = new ConvergenceProblem(n, 1);
            var style = new LineStyle($"Dykstra, n = {n}", color);
            var points = Counts.Select(count => (X: Log(problem.RelativeTime(p => p.Project(0, count))), Y: Log(problem.ErrorAfter(count)))).ToArray();
            chart.Line(style, points);
            foreach (var point in points)
            {
                chart.ErrorBar(style, point.X, point.Y, 0);
            }
        }

        var exact = new LineStyle("threshold solver, any n", "#222222");
        var errors = Lengths.Select(n => Log(new ConvergenceProblem(n, 1).ThresholdError())).ToArray();
        chart.Line(exact, errors.Select(error => (0.0, error)));
        foreach (var error in errors)
        {
            chart.ErrorBar(exact, 0, error, 0);
        }

        return chart.ToString();
    }

    private static string Line(ConvergenceProblem problem)
    {
        var cells = new List<string>
        {
            $"{problem.Length}", problem.Lambda.ToString(CultureInfo.InvariantCulture), $"{problem.Pooled()}", Small(problem.ThresholdError()),
        };
        foreach (var tolerance in (double[])[1e-4, 1e-6])
        {
            cells.Add(problem.Reached(tolerance));
            cells.Add(Small(problem.Error()));
            cells.Add(Factor(problem.RelativeTime(p => p.Project(tolerance))));
        }

        cells.AddRange(((int[])[10, 100, 500, 10_000]).Select(count => Small(problem.ErrorAfter(count))));
        return $"| {string.Join(" | ", cells)} |";
    }

    private static (double Value, string Label) Decade(int exponent) => (exponent, $"1e{exponent}");

    private static double Log(double value) => Math.Log10(Math.Max(value, 1e-17));

    private static string Small(double value) => value.ToString("0.0e0", CultureInfo.InvariantCulture);

    private static string Factor(double value) => value.ToString(value < 10 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
