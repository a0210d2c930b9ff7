using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Running;
using SparseTopK.Torch;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.Mixtures;

/// <summary>Trains a vision transformer whose feed-forward layers are mixtures of experts.</summary>
internal sealed class MixtureTraining : Training
{
    /// <summary>Of the load-balancing loss, where tokens choose (Fedus et al. 2022).</summary>
    private const double Balance = 0.01;

    private readonly MixtureRecipe _recipe;
    private readonly MixtureLayer[] _mixtures;

    public MixtureTraining(MixtureRecipe recipe, ImageTensors images)
        : base(
            Seeded(recipe.Seed, () => new VisionTransformer(
                images.Side, () => MixtureLayer.Create(recipe.Method, recipe.Tuned.Strength))),
            images,
            new(recipe.Seed, recipe.Epochs, recipe.Tuned.LearningRate))
    {
        _recipe = recipe;
        _mixtures = [.. Network.modules().OfType<MixtureLayer>()];
    }

    /// <summary>Accuracy; the rows that experts computed for each token in training and in the test; the share of the test's tokens without an expert
    /// and the largest share of an expert over the mean share, both the mean of the layers.</summary>
    public override IReadOnlyDictionary<string, double> Test(ImageTensors images)
    {
        var loads = Array.ConvertAll(_mixtures, _ => new ExpertLoads());
        var accuracy = TopKAccuracy.Of(Network, images, [1], () =>
        {
            foreach (var (load, mixture) in loads.Zip(_mixtures))
            {
                load.Add(mixture.Last!.statistics());
            }
        });
        var numbers = new Dictionary<string, double> { ["accuracy"] = accuracy[0] };
        if (loads.Length > 0)
        {
            numbers["rows in training"] = _mixtures.Average(mixture => mixture.RowsPerTrainingToken);
            numbers["rows"] = loads.Average(load => load.RowsPerToken);
            numbers["dropped"] = loads.Average(load => load.DroppedPercent);
            numbers["busiest"] = loads.Average(load => load.Busiest);
        }

        return numbers;
    }

    protected override Tensor Loss(ImageTensors batch, long step)
    {
        Prepare(step);
        var loss = nn.functional.cross_entropy(Network.call(batch.Images), batch.Labels);
        return _recipe.Method.Choice == RoutingChoice.Expert
            ? loss
            : _mixtures.Aggregate(loss, (sum, mixture) => sum.Plus(mixture.Last!.load_balancing_loss().Times(Balance)));
    }

    /// <summary>Gives the hard routers of a step their noise.</summary>
    private void Prepare(long step)
    {
        for (var i = 0; i < _mixtures.Length; i++)
        {
            if (_mixtures[i].Router is HardRouter hard)
            {
                hard.NoiseSeed = (ulong)((((_recipe.Seed * 1_000_000L) + step) * _mixtures.Length) + i);
            }
        }
    }
}
