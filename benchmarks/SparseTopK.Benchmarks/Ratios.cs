using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace SparseTopK.Benchmarks;

/// <summary>A quick table of ratios. Every column is timed in turn, round after round, so that a busy machine slows all alike.</summary>
internal static class Ratios
{
    private const double Lambda = 0.1;

    private static readonly PNorm Quadratic = PNorm.Quadratic(Lambda);
    private static readonly PNorm Smooth = PNorm.Smooth(Lambda);

    private static readonly (int Rows, int N, int K)[] Cases =
    [
        (4096, 8, 2), (4096, 64, 2), (1, 1000, 10), (1, 32768, 64), (1, 100_000, 1000), (1, 1_000_000, 10_000),
        (1, 10_000_000, 1_000_000), (1024, 1024, 32), (64, 32768, 64),
    ];

    private static readonly (string Name, Action<Workload> Run)[] Columns =
    [
        ("copy", static w => w.X.AsSpan().CopyTo(w.Other)),
        ("mask fwd", static w => w.Mask(Quadratic)),
        ("mask fwd+vjp", static w => w.MaskAndVjp(Quadratic)),
        ("p=4/3 fwd", static w => w.Mask(Smooth)),
        ("p=4/3 fwd+vjp", static w => w.MaskAndVjp(Smooth)),
        ("mag fwd", static w => w.Magnitude(Quadratic)),
        ("mag fwd+vjp", static w => w.MagnitudeAndVjp(Quadratic)),
        ("mag 4/3 fwd", static w => w.Magnitude(Smooth)),
        ("mag 4/3 fwd+vjp", static w => w.MagnitudeAndVjp(Smooth)),
    ];

    public static void Run(double seconds, int threads, string filter, TextWriter output)
    {
        TopKParallelism.MaxDegreeOfParallelism = threads;
        var culture = CultureInfo.InvariantCulture;
        output.WriteLine(
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, vectors of {System.Numerics.Vector<float>.Count} float, {threads} thread(s)");
        output.WriteLine(string.Create(culture, $"float32, standard normal, lambda = {Lambda}. Milliseconds (median of rounds), and in brackets the ratio to the copy."));
        output.WriteLine($"{"rows x n, k",-22}" + string.Concat(Columns.Select(column => $"{column.Name,18}")));
        foreach (var (rows, n, k) in Cases)
        {
            var name = $"{rows} x {n}, k={k}";
            if (!name.Contains(filter, StringComparison.Ordinal))
            {
                continue;
            }

            var medians = Measure(new Workload(rows, n, k), seconds);
            var cells = medians.Select(t => string.Create(culture, $"{t * 1e3:0.0000} ({t / medians[0]:0.00})"));
            output.WriteLine($"{name,-22}" + string.Concat(cells.Select(cell => $"{cell,18}")));
        }
    }

    /// <summary>The median seconds of each column over rounds that fill the time given.</summary>
    private static double[] Measure(Workload work, double seconds)
    {
        var repeats = Array.ConvertAll(Columns, column => Repeats(column.Run, work));
        var samples = Array.ConvertAll(Columns, _ => new List<double>());
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds || samples[0].Count < 7)
        {
            for (var column = 0; column < Columns.Length; column++)
            {
                samples[column].Add(Time(Columns[column].Run, work, repeats[column]));
            }
        }

        return Array.ConvertAll(samples, list =>
        {
            list.Sort();
            return list[list.Count / 2];
        });
    }

    /// <summary>How many runs make a sample of about 2 ms, once the code is compiled for good.</summary>
    private static int Repeats(Action<Workload> run, Workload work)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; clock.ElapsedMilliseconds < 300 || i < 3; i++)
        {
            run(work);
        }

        return (int)Math.Clamp(0.002 / Time(run, work, 3), 1, 100_000);
    }

    private static double Time(Action<Workload> run, Workload work, int repeats)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
        {
            run(work);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
