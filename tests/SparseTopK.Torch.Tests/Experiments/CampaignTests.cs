using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Mixtures;
using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Pruning;
using SparseTopK.Experiments.Running;
using SparseTopK.Experiments.TopKLosses;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>Runs of samples/Experiments, on few images of digits.</summary>
[Collection(RandomNetworks.Name)]
public sealed class CampaignTests : IDisposable
{
    private const int Epochs = 4;

    /// <summary>In the middle of every schedule.</summary>
    private const int EpochsBefore = 1;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("experiments");

    /// <summary>A run of every kind.</summary>
    public static TheoryData<string> Names =>
    [
        .. Enum.GetNames<PruneMethod>(),
        .. Enum.GetNames<LossKind>(),
        .. MixtureMethod.All.Select(method => method.Name),
    ];

    public void Dispose() => _folder.Delete(recursive: true);

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void An_interrupted_run_ends_with_the_same_numbers(string name)
    {
        var images = Images.Digits().First(256, 200);
        var job = JobOf(name, images);
        var whole = new Campaign(images.Test, new(Path.Combine(_folder.FullName, "whole")), CancellationToken.None).Run([job], (_, _) => { });

        var folder = new RunFolder(Path.Combine(_folder.FullName, "parts"));
        using var stop = new CancellationTokenSource();
        var epochs = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => new Campaign(images.Test, folder, stop.Token).Run([job], (_, done) =>
        {
            epochs += done;
            if (epochs == EpochsBefore)
            {
                stop.Cancel();
            }
        }));
        Assert.Null(folder.Result(job));
        var rest = new List<int>();
        var resumed = new Campaign(images.Test, folder, CancellationToken.None).Run([job], (_, done) => rest.Add(done));

        Assert.Equal([EpochsBefore, .. Enumerable.Repeat(1, Epochs - EpochsBefore)], rest);
        Assert.Equal(whole[0].Numbers, resumed[0].Numbers);
        Assert.Equal(resumed[0].Numbers, folder.Result(job)!.Numbers);
    }

    [TorchFact]
    public void A_result_of_another_recipe_is_not_taken()
    {
        var folder = new RunFolder(_folder.FullName);
        var job = new Job(new { Epochs = 1 }, "run", 1, () => throw new NotSupportedException());
        folder.Finish(job, new(job.RecipeText, new Dictionary<string, double>()));

        Assert.NotNull(folder.Result(job));
        Assert.Null(folder.Result(job with { Recipe = new { Epochs = 2 } }));
    }

    [TorchTheory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    public void Hits_count_the_rows_whose_class_is_among_the_k_best(int k, long hits)
    {
        using var scores = tensor(new[,] { { 3f, 2f, 1f }, { 1f, 2f, 3f } });
        using var labels = tensor([1L, 2L]);

        Assert.Equal(hits, TopKAccuracy.Hits(scores, labels, k));
    }

    [TorchFact]
    public void Scores_that_are_not_numbers_are_no_hits()
    {
        using var scores = tensor(new[,] { { float.NaN, float.NaN, float.NaN }, { 1f, float.PositiveInfinity, float.NaN } });
        using var labels = tensor([1L, 1L]);

        Assert.Equal(0, TopKAccuracy.Hits(scores, labels, 3));
    }

    private static Job JobOf(string name, Images images)
    {
        if (Enum.TryParse(name, out PruneMethod pruning))
        {
            var recipe = new PruneRecipe(images.Name, images.Train.Count, NetworkKind.Mlp, pruning, 90, Seed: 1, Epochs, new(0.01, 0.5, Start: 1));
            return new(recipe, "run", Epochs, () => new PruneTraining(recipe, images.Train));
        }

        if (Enum.TryParse(name, out LossKind loss))
        {
            var recipe = new LossRecipe(images.Name, images.Train.Count, loss, K: 3, Seed: 1, PretrainingEpochs: 0, Epochs, new(0.003, 0.5));
            return new(recipe, "run", Epochs, () => new LossTraining(recipe, images.Train, null));
        }

        var method = MixtureMethod.All.Single(method => method.Name == name);
        var mixture = new MixtureRecipe(images.Name, images.Train.Count, method, Seed: 1, Epochs, new(0.003, 0.5));
        return new(mixture, "run", Epochs, () => new MixtureTraining(mixture, images.Train));
    }
}
