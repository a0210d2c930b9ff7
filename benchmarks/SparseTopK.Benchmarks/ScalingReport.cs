using System.CommandLine;
using System.Globalization;
using System.Text;
using SparseTopK.Quickstart.Charts;

namespace SparseTopK.Benchmarks;

/// <summary>The cost of one row as it grows, and over threads, with the exponent fitted to it: a Markdown table, and a chart.</summary>
internal sealed class ScalingReport
{
    private const double Lambda = 0.1;
    private const int FitFrom = 100_000;

    private static readonly string[] Colors = ["#999999", "#0072b2", "#56b4e9", "#cc79a7", "#d55e00", "#e69f00"];

    private readonly int[] _lengths;
    private readonly int[] _threads;
    private readonly string[] _names;
    private readonly double[][] _seconds;

    /// <summary>Measures rows from 1,000 entries to <paramref name="most"/>.</summary>
    public ScalingReport(int most, double seconds)
    {
        _lengths = [.. Enumerable.Range(3, 6).Select(power => (int)Math.Pow(10, power)).Where(n => n <= most)];
        _threads = [.. Enumerable.Range(0, 16).Select(i => 1 << i).TakeWhile(i => i < Environment.ProcessorCount).Append(Environment.ProcessorCount).Distinct()];
        var columns = _threads.SelectMany(Columns).ToArray();
        _names = Array.ConvertAll(columns, column => column.Name);
        _seconds = Array.ConvertAll(_lengths, n => Timing.Medians(columns, new Workload(1, n, n / 100), seconds));
    }

    public static Command Command()
    {
        var most = new Option<int>("--most") { Description = "Entries of the longest row.", DefaultValueFactory = _ => 100_000_000 };
        var seconds = new Option<double>("--seconds") { Description = "Time for each length.", DefaultValueFactory = _ => 2 };
        var svg = new Option<FileInfo?>("--svg") { Description = "Writes a chart of nanoseconds per entry to this file." };
        var command = new Command("scaling", "The cost of one row from 1e3 entries up, over threads, and the exponent fitted to it.") { most, seconds, svg };
        command.SetAction(arguments =>
        {
            var report = new ScalingReport(arguments.GetValue(most), arguments.GetValue(seconds));
            Console.Out.Write(report.Table());
            if (arguments.GetValue(svg) is { } file)
            {
                WholeFile.Write(file.FullName, report.Chart());
            }
        });
        return command;
    }

    public string Table()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"One row of n standard normal floats, k = n/100, lambda = {Lambda}. Nanoseconds per entry, and in brackets copies of the row by one thread.");
        text.AppendLine(CultureInfo.InvariantCulture, $"Exponent: of n, fitted by least squares to the logarithms, over all n and over n >= {FitFrom:n0}. A row is split over threads from 131,072 entries on.");
        text.AppendLine();
        text.AppendLine($"| n | {string.Join(" | ", _names)} |");
        text.AppendLine($"| ---: |{string.Concat(_names.Select(_ => " ---: |"))}");
        for (var i = 0; i < _lengths.Length; i++)
        {
            var (n, row) = (_lengths[i], _seconds[i]);
            var cells = row.Select(time => string.Create(CultureInfo.InvariantCulture, $"{time * 1e9 / n:0.000} ({time / row[0]:0.0})"));
            text.AppendLine(CultureInfo.InvariantCulture, $"| {n:#,0} | {string.Join(" | ", cells)} |");
        }

        text.AppendLine($"| exponent, all n | {string.Join(" | ", _names.Select((_, column) => Exponent(column, 0)))} |");
        text.AppendLine(CultureInfo.InvariantCulture, $"| exponent, n >= {FitFrom:n0} | {string.Join(" | ", _names.Select((_, column) => Exponent(column, FitFrom)))} |");
        return text.ToString();
    }

    public string Chart()
    {
        var x = new Axis("entries", 3, Math.Log10(_lengths[^1]), [.. _lengths.Select(n => (Math.Log10(n), $"1e{Math.Log10(n):0}"))]);
        var y = new Axis("nanoseconds per entry", -2, 1, [.. Enumerable.Range(-2, 4).Select(i => ((double)i, Math.Pow(10, i).ToString(CultureInfo.InvariantCulture)))]);
        var dashed = _threads.Length > 1 ? $"; dashed: {_threads[^1]} threads" : string.Empty;
        var chart = new SvgChart($"Cost per entry of one row{dashed}", x, y);
        for (var line = 0; line < Colors.Length; line++)
        {
            Draw(new LineStyle(_names[line], Colors[line]), line);
            if (line > 0 && _threads.Length > 1)
            {
                Draw(new LineStyle(_names[line], Colors[line], "6 3"), _names.Length - Colors.Length + line);
            }
        }

        return chart.ToString();

        void Draw(LineStyle style, int column) => chart.Line(
            style, _lengths.Select((n, i) => (Math.Log10(n), Math.Log10(_seconds[i][column] * 1e9 / n))), inLegend: style.Dashes.Length == 0);
    }

    private static IEnumerable<Column<Workload>> Columns(int threads)
    {
        var (quadratic, smooth) = (PNorm.Quadratic(Lambda), PNorm.Smooth(Lambda));
        (string Name, Action<Workload> Run)[] runs =
        [
            ("copy", static work => work.X.AsSpan().CopyTo(work.Other)),
            ("mask", work => work.Mask(quadratic)),
            ("mask + VJP", work => work.MaskAndVjp(quadratic)),
            ("mask + VJP, p = 4/3", work => work.MaskAndVjp(smooth)),
            ("magnitude", work => work.Magnitude(quadratic)),
            ("magnitude + VJP", work => work.MagnitudeAndVjp(quadratic)),
        ];
        return runs.Skip(threads == 1 ? 0 : 1).Select(run => new Column<Workload>(threads == 1 ? run.Name : $"{run.Name}, {threads} threads", work =>
        {
            TopKParallelism.MaxDegreeOfParallelism = threads;
            run.Run(work);
        }));
    }

    private string Exponent(int column, int from)
    {
        var points = _lengths.Select((n, i) => (X: Math.Log(n), Y: Math.Log(_seconds[i][column]))).Where((_, i) => _lengths[i] >= from).ToArray();
        return points.Length < 2 ? "-" : LeastSquaresFit.Slope(points).ToString("0.00", CultureInfo.InvariantCulture);
    }
}
