using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Running;
using SparseTopK.Torch;
using static TorchSharp.torch;

namespace SparseTopK.Experiments.TopKLosses;

/// <summary>Trains a vision transformer with a loss, from the start or from a network on disk.</summary>
internal sealed class LossTraining : Training
{
    public static readonly int[] Ks = [1, 3, 5];

    private readonly LossRecipe _recipe;

    /// <param name="recipe">How.</param>
    /// <param name="images">On what.</param>
    /// <param name="start">The file of the network to start from, or null.</param>
    public LossTraining(LossRecipe recipe, ImageTensors images, string? start)
        : base(
            Seeded(recipe.Seed, () => new VisionTransformer(images.Side, () => VisionTransformer.FeedForward())),
            images,
            new(recipe.Seed, recipe.Epochs, recipe.Tuned.LearningRate))
    {
        _recipe = recipe;
        if (start is not null)
        {
            Network.load(start);
        }
    }

    public override IReadOnlyDictionary<string, double> Test(ImageTensors images)
    {
        var accuracies = TopKAccuracy.Of(Network, images, Ks);
        return Ks.Zip(accuracies).ToDictionary(pair => $"top{pair.First}", pair => pair.Second);
    }

    protected override Tensor Loss(ImageTensors batch, long step)
    {
        var scores = Network.call(batch.Images);
        var strength = _recipe.Tuned.Strength;
        return _recipe.Loss switch
        {
            LossKind.TopK => Losses.topk_loss(scores, batch.Labels, _recipe.K, strength),
            LossKind.FenchelYoung => Losses.topk_fenchel_young_loss(scores, batch.Labels, _recipe.K, strength),
            _ => nn.functional.cross_entropy(scores, batch.Labels, label_smoothing: strength),
        };
    }
}
