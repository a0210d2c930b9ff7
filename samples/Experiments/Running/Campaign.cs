using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using SparseTopK.Experiments.Data;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Running;

/// <summary>Carries out runs, each on a thread of its own. What is done already is read from the folder; what was interrupted goes on.</summary>
/// <param name="images">The images to test on.</param>
/// <param name="folder">Where results and checkpoints are.</param>
/// <param name="stop">Ends the campaign after the epochs that are under way.</param>
internal sealed class Campaign(ImageTensors images, RunFolder folder, CancellationToken stop)
{
    /// <summary>Whether the trained networks are kept, for runs that start from them.</summary>
    public bool KeepNetworks { get; init; }

    /// <param name="jobs">The runs.</param>
    /// <param name="epochsDone">Called, from any thread, with how many epochs of a run are done since the last call.</param>
    /// <returns>The results, in the order of the runs.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<RunResult> Run(IReadOnlyList<Job> jobs, Action<Job, int> epochsDone)
    {
        var results = new RunResult[jobs.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stop };
        try
        {
            // Without buffering: a core that is idle takes the next run, however long the last ones are.
            var places = Partitioner.Create(Enumerable.Range(0, jobs.Count), EnumerablePartitionerOptions.NoBuffering);
            Parallel.ForEach(places, options, i => results[i] = Run(jobs[i], epochs => epochsDone(jobs[i], epochs)));
        }
        catch (AggregateException error)
        {
            // A full disk, say, and not that the other runs were stopped.
            ExceptionDispatchInfo.Throw(error.InnerExceptions.FirstOrDefault(one => one is not OperationCanceledException) ?? error.InnerExceptions[0]);
        }

        return results;
    }

    private RunResult Run(Job job, Action<int> epochsDone)
    {
        if (folder.Result(job) is { } known && (!KeepNetworks || File.Exists(folder.NetworkOf(job))))
        {
            epochsDone(job.Epochs);
            return known;
        }

        set_num_threads(1); // Of this thread: a core per run is faster than a run on all cores.
        using var training = job.Start();
        folder.LoadCheckpoint(job, training);
        epochsDone(training.EpochsDone);
        while (training.EpochsDone < job.Epochs)
        {
            training.RunEpoch();
            folder.SaveCheckpoint(job, training);
            epochsDone(1);
            stop.ThrowIfCancellationRequested();
        }

        var result = new RunResult(job.RecipeText, training.Test(images));
        if (KeepNetworks)
        {
            AtomicFile.Write(folder.NetworkOf(job), stream => training.Network.save(stream));
        }

        folder.Finish(job, result);
        return result;
    }
}
