using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Running;
using SparseTopK.Torch;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Pruning;

/// <summary>Trains a network with cross-entropy while it is made sparse.</summary>
internal sealed class PruneTraining : Training
{
    /// <summary>Lambda at the end. With p = 2 the weights from gamma to (1 + lambda) gamma are between 0 and whole: the band is 3 % wide.</summary>
    private const double LastLambda = 0.03;

    /// <summary>The share of training in which lambda falls.</summary>
    private const double LambdaShare = 0.75;

    private readonly PruneRecipe _recipe;
    private readonly WeightRow _weights;
    private readonly Sparsifier _sparsifier;

    public PruneTraining(PruneRecipe recipe, ImageTensors images)
        : base(
            Seeded(recipe.Seed, () => SmallNetworks.Create(recipe.Network, images.Side)),
            images,
            new(recipe.Seed, recipe.Epochs, recipe.Tuned.LearningRate))
    {
        _recipe = recipe;
        _weights = new(Network);
        _sparsifier = CreateSparsifier();
    }

    private double Sparsity => _recipe.Sparsity / 100;

    /// <summary>The steps in which the method's schedule moves.</summary>
    private long Moving => Math.Max(1, (long)(_recipe.Tuned.Share * TotalSteps));

    public override IReadOnlyDictionary<string, double> Test(ImageTensors images)
    {
        _sparsifier.Finish();
        return new Dictionary<string, double>
        {
            ["accuracy"] = TopKAccuracy.Of(Network, images, [1])[0],
            ["nonzero"] = _weights.Nonzero(),
            ["weights"] = _weights.Count,
        };
    }

    protected override Tensor Loss(ImageTensors batch, long step)
    {
        _sparsifier.BeforeForward(step);
        return nn.functional.cross_entropy(Network.call(batch.Images), batch.Labels);
    }

    protected override void BeforeUpdate(long step) => _sparsifier.BeforeUpdate();

    protected override void AfterUpdate(long step) => _sparsifier.AfterUpdate(step);

    protected override void Resumed(long step) => _sparsifier.Resume(step);

    /// <summary>A half cosine; fine-tuning starts a new one.</summary>
    protected override double LearningRate(long step) => _recipe.Method != PruneMethod.FineTuned ? base.LearningRate(step)
        : step < Moving ? Cosine(step, Moving)
        : Cosine(step - Moving, TotalSteps - Moving);

    protected override void Dispose(bool disposing)
    {
        _sparsifier.Dispose();
        base.Dispose(disposing);
    }

    private Sparsifier CreateSparsifier() => _recipe.Method switch
    {
        PruneMethod.FineTuned => new HardPruning(_weights, Schedule.Linear(0, Sparsity, steps: 1, begin: Moving - 1)),
        PruneMethod.Gradual => new HardPruning(_weights, Schedule.Cubic(0, Sparsity, Moving)),
        PruneMethod.StraightThrough => new StraightThrough(_weights, Schedule.Cubic(0, Sparsity, Moving)),
        PruneMethod.SoftTopK => new SoftTopK(
            Network,
            Schedule.Cubic(0, Sparsity, Moving),
            Schedule.Exponential(_recipe.Tuned.Start / (1 - Sparsity), LastLambda, (long)(LambdaShare * TotalSteps))),
        _ => new Sparsifier(),
    };
}
