using System.Diagnostics;

namespace SparseTopK.Benchmarks;

/// <summary>What one column of a table times.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Run">What runs.</param>
internal readonly record struct Column<TWork>(string Name, Action<TWork> Run);

/// <summary>Times columns in turn, round after round, so that a busy machine slows all alike.</summary>
internal static class Timing
{
    /// <summary>The median seconds of each column over rounds that fill the time given.</summary>
    public static double[] Medians<TWork>(Column<TWork>[] columns, TWork work, double seconds)
    {
        var repeats = Array.ConvertAll(columns, column => Repeats(column.Run, work));
        var samples = Array.ConvertAll(columns, _ => new List<double>());
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds || samples[0].Count < 7)
        {
            for (var column = 0; column < columns.Length; column++)
            {
                samples[column].Add(Time(columns[column].Run, work, repeats[column]));
            }
        }

        return Array.ConvertAll(samples, list =>
        {
            list.Sort();
            return list[list.Count / 2];
        });
    }

    /// <summary>How many runs make a sample of about 2 ms, once the code is compiled for good.</summary>
    private static int Repeats<TWork>(Action<TWork> run, TWork work)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; clock.ElapsedMilliseconds < 300 || i < 3; i++)
        {
            run(work);
        }

        return (int)Math.Clamp(0.002 / Time(run, work, 3), 1, 100_000);
    }

    private static double Time<TWork>(Action<TWork> run, TWork work, int repeats)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < repeats; i++)
        {
            run(work);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / repeats;
    }
}
