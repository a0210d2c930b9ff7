using SparseTopK.Experiments.Data;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Running;

/// <summary>How long a network is trained, and from which random numbers.</summary>
/// <param name="Seed">Of the initial weights and of the order of the images.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="LearningRate">Adam's, at the start.</param>
internal sealed record Budget(int Seed, int Epochs, double LearningRate);

/// <summary>One training of one network with Adam, epoch by epoch. Between epochs it can be saved, and go on in another process with the
/// same numbers.</summary>
/// <remarks>There is no state of random numbers to save: those of an epoch follow from the seed and the epoch.</remarks>
internal abstract class Training : IDisposable
{
    public const int BatchSize = 64;

    private static readonly Lock Generator = new();

    private readonly ImageTensors _images;
    private readonly Adam _optimizer;
    private readonly IReadOnlyList<Parameter> _parameters;

    /// <param name="network">The network, from images to scores of classes. The training owns it.</param>
    /// <param name="images">What it is trained on.</param>
    /// <param name="budget">How long.</param>
    protected Training(nn.Module<Tensor, Tensor> network, ImageTensors images, Budget budget)
    {
        (Network, _images, Budget) = (network, images, budget);
        StepsPerEpoch = (images.Count + BatchSize - 1) / BatchSize;
        _parameters = [.. network.parameters()];
        _optimizer = optim.Adam(_parameters, budget.LearningRate);
    }

    public nn.Module<Tensor, Tensor> Network { get; }

    public int EpochsDone { get; private set; }

    protected Budget Budget { get; }

    public long StepsPerEpoch { get; }

    public long TotalSteps => Budget.Epochs * StepsPerEpoch;

    /// <summary>Makes a network from a seed. Torch has one generator for all threads: one network is made at a time.</summary>
    public static T Seeded<T>(int seed, Func<T> create)
    {
        lock (Generator)
        {
            manual_seed(seed);
            return create();
        }
    }

    /// <summary>One pass over the images.</summary>
    public void RunEpoch()
    {
        using var order = Order();
        for (var (start, step) = (0L, EpochsDone * StepsPerEpoch); start < _images.Count; (start, step) = (start + BatchSize, step + 1))
        {
            using var scope = NewDisposeScope();
            RunStep(_images.Take(order.narrow(0, start, Math.Min(BatchSize, _images.Count - start))), step);
        }

        EpochsDone++;
    }

    /// <summary>One step on some images.</summary>
    public void RunStep(ImageTensors batch, long step)
    {
        using var scope = NewDisposeScope();
        Network.train();
        foreach (var group in _optimizer.ParamGroups)
        {
            group.LearningRate = LearningRate(step);
        }

        ForgetGradients();
        Loss(batch, step).backward();
        BeforeUpdate(step);
        _optimizer.step();
        AfterUpdate(step);
    }

    /// <summary>The numbers that the experiment is about, of the trained network.</summary>
    public abstract IReadOnlyDictionary<string, double> Test(ImageTensors images);

    /// <summary>Writes all that the next epoch depends on.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(EpochsDone);
        Network.save(writer);
        _optimizer.save_state_dict(writer);
    }

    /// <summary>Goes on from what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        EpochsDone = reader.ReadInt32();
        Network.load(reader);
        _optimizer.load_state_dict(reader);
        Resumed(EpochsDone * StepsPerEpoch);
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What training makes small.</summary>
    protected abstract Tensor Loss(ImageTensors batch, long step);

    /// <summary>The learning rate of a step: it falls to 0 along half a cosine.</summary>
    protected virtual double LearningRate(long step) => Cosine(step, TotalSteps);

    /// <summary>Half a cosine from the learning rate to 0 over some steps.</summary>
    protected double Cosine(long step, long steps) => Budget.LearningRate * (1 + Math.Cos(Math.PI * step / steps)) / 2;

    /// <summary>Called between the backward pass and the optimizer's step.</summary>
    protected virtual void BeforeUpdate(long step)
    {
    }

    /// <summary>Called after the optimizer's step.</summary>
    protected virtual void AfterUpdate(long step)
    {
    }

    protected virtual void Dispose(bool disposing)
    {
        _optimizer.Dispose();
        Network.Dispose();
    }

    /// <summary>Called when training goes on before a step.</summary>
    protected virtual void Resumed(long step)
    {
    }

    /// <summary>Leaves no gradient, where the optimizer's zero_grad leaves zeros: a parameter that a step does not use is not moved by it, in a training
    /// that goes on from a checkpoint neither.</summary>
    private void ForgetGradients()
    {
        foreach (var parameter in _parameters)
        {
            using var gradient = parameter.grad;
            parameter.grad = null;
        }
    }

    private Tensor Order()
    {
        var places = Enumerable.Range(0, (int)_images.Count).Select(place => (long)place).ToArray();
        new Random((Budget.Seed * 100_000) + EpochsDone).Shuffle(places);
        return tensor(places);
    }
}
