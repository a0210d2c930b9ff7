using SparseTopK.Quickstart.Datasets;
using SparseTopK.Quickstart.Training;

namespace SparseTopK.Quickstart;

/// <summary>The four ways to a network: dense, and three to a sparse one.</summary>
internal enum Method
{
    Dense,
    PrunedAfterTraining,
    StraightThrough,
    SoftTopK,
}

/// <summary>One network, tested.</summary>
/// <param name="Sparsity">The share of zeros that was asked for, in percent; 0 for the dense network.</param>
/// <param name="NonZeroWeights">Counted in the network that was tested.</param>
/// <param name="Accuracy">On the test images, in percent.</param>
internal sealed record Outcome(Method Method, int Sparsity, int NonZeroWeights, int Weights, double Accuracy);

/// <summary>Trains every network of the comparison, each on its own, and tests it.</summary>
internal sealed class Experiment(Dataset dataset, Settings settings)
{
    /// <summary>How many networks are trained with a method. Pruning after training takes the dense one.</summary>
    public int Trainings(Method method) => method switch
    {
        Method.Dense => settings.Seeds,
        Method.PrunedAfterTraining => 0,
        _ => settings.Seeds * settings.Sparsities.Length,
    };

    /// <summary>Runs everything on all processors. The outcomes do not depend on how many there are.</summary>
    /// <param name="epochDone">Called, from any thread, after each epoch of each network.</param>
    public IReadOnlyList<Outcome> Run(Action<Method> epochDone)
    {
        var jobs = new List<Func<Outcome[]>>();
        for (var seed = 0; seed < settings.Seeds; seed++)
        {
            var trainer = new Trainer(dataset.Train, settings.Epochs, seed);
            jobs.Add(() => Dense(trainer, () => epochDone(Method.Dense)));
            foreach (var sparsity in settings.Sparsities)
            {
                jobs.Add(() => [Sparse(trainer, Method.StraightThrough, sparsity, () => epochDone(Method.StraightThrough))]);
                jobs.Add(() => [Sparse(trainer, Method.SoftTopK, sparsity, () => epochDone(Method.SoftTopK))]);
            }
        }

        return [.. jobs.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).SelectMany(job => job())];
    }

    private Outcome[] Dense(Trainer trainer, Action epochDone)
    {
        var network = trainer.Train(_ => new DenseWeights(), settings.LearningRates.Dense, epochDone);
        return
        [
            Test(network, Method.Dense, 0),
            .. settings.Sparsities.Select(sparsity => Test(network, Method.PrunedAfterTraining, sparsity)),
        ];
    }

    private Outcome Sparse(Trainer trainer, Method method, int sparsity, Action epochDone)
    {
        var rates = settings.LearningRates;
        var network = method == Method.SoftTopK
            ? trainer.Train(count => new SoftTopK(count, Kept(count, sparsity)), rates.SoftTopK, epochDone)
            : trainer.Train(count => new StraightThroughTopK(count, Kept(count, sparsity)), rates.StraightThrough, epochDone);
        return Test(network, method, sparsity);
    }

    /// <summary>Every method is tested with hard top-k of its trained weights: at most k of them are not 0, whatever it trained with.</summary>
    private Outcome Test(Mlp network, Method method, int sparsity)
    {
        var count = network.Weights.Length;
        var weights = new float[count];
        new HardTopK(count, Kept(count, sparsity)).Apply(network.Weights, weights);
        var accuracy = 100 * network.Accuracy(weights, dataset.Test);
        return new Outcome(method, sparsity, count - weights.AsSpan().Count(0f), count, accuracy);
    }

    private static int Kept(int count, int sparsity) => (int)Math.Round(count * (100 - sparsity) / 100.0);
}
