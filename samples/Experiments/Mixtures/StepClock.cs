using System.Diagnostics;
using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Running;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>What a step of training costs, side by side: one step of each training in turn, on the same images, with one thread.</summary>
internal static class StepClock
{
    /// <summary>Trains all of them to their end.</summary>
    /// <param name="trainings">Of the same number of steps.</param>
    /// <param name="images">What they are trained on.</param>
    /// <param name="stepDone">Called after each round.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>For each training the time of every step, in seconds.</returns>
    public static double[][] Measure(IReadOnlyList<Training> trainings, ImageTensors images, Action stepDone, CancellationToken stop)
    {
        set_num_threads(1);
        var steps = trainings[0].TotalSteps;
        var random = new Random(1);
        int[] turns = [.. Enumerable.Range(0, trainings.Count)];
        var times = trainings.Select(_ => new double[steps]).ToArray();
        for (var step = 0L; step < steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var start = step % trainings[0].StepsPerEpoch * Training.BatchSize;
            var batch = images.Slice(start, Math.Min(start + Training.BatchSize, images.Count));
            random.Shuffle(turns); // No training is always behind the same other one.
            foreach (var turn in turns)
            {
                var begin = Stopwatch.GetTimestamp();
                trainings[turn].RunStep(batch, step);
                times[turn][step] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            }

            stepDone();
        }

        return times;
    }

    /// <summary>The median over the steps of the time of one training over that of another.</summary>
    public static double Ratio(double[] times, double[] of)
    {
        var ratios = times.Zip(of, (time, other) => time / other).Order().ToArray();
        return (ratios[(ratios.Length - 1) / 2] + ratios[ratios.Length / 2]) / 2;
    }
}
