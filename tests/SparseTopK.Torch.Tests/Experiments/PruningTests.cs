using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Networks;
using SparseTopK.Experiments.Pruning;
using SparseTopK.Experiments.Running;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>How the experiments prune: what is tested is the sparse network, and what trains it is the gradient that the method says.</summary>
[Collection(RandomNetworks.Name)]
public sealed class PruningTests
{
    private const double Sparsity = 90;
    private const double LearningRate = 0.01;

    public static TheoryData<string> Methods => [.. Enum.GetNames<PruneMethod>()];

    [TorchTheory]
    [MemberData(nameof(Methods))]
    public void The_numbers_are_those_of_the_pruned_network(string name)
    {
        var method = Enum.Parse<PruneMethod>(name);
        var images = Images.Digits().First(512, 500);
        using var training = Train(method, images.Train, epochs: 2);
        training.RunEpoch();
        training.RunEpoch();
        var numbers = training.Test(images.Test);
        var weights = new WeightRow(training.Network);
        var kept = method == PruneMethod.Dense ? weights.Count : Kept.Of(weights.Count, Sparsity / 100);
        Assert.Equal(kept, numbers["nonzero"]);
        Assert.Equal(kept, weights.Nonzero());
        Assert.Equal(TopKAccuracy.Of(training.Network, images.Test, [1])[0], numbers["accuracy"]);
    }

    [TorchFact]
    public void Straight_through_moves_all_weights_by_the_gradient_at_the_kept_ones()
    {
        using var scope = NewDisposeScope();
        var images = Images.Digits().First(Training.BatchSize, 1).Train;
        using var training = Train(PruneMethod.StraightThrough, images, epochs: 2);
        var weights = new WeightRow(training.Network);
        var raw = weights.Read();
        weights.Keep(Kept.Of(weights.Count, Sparsity / 100));
        var isPruned = weights.Read().eq(zeros(1));
        nn.functional.cross_entropy(training.Network.call(images.Images), images.Labels).backward();
        var gradient = cat([.. training.Network.parameters().Where(p => p.dim() > 1).Select(p => p.grad!.reshape(-1))]);
        weights.Write(raw);

        // Step 1 of 2: the sparsity is reached and the learning rate is half. Adam's first step is the sign of the gradient, but for its epsilon.
        training.RunStep(images, step: 1);
        var moved = weights.Read().sub(raw);
        var expected = gradient.div(Scalars.Plus(gradient.abs(), tensor(1e-8f))).mul(tensor((float)(-LearningRate / 2)));
        Assert.True(moved.allclose(expected, rtol: 1e-3, atol: 1e-6));
        Assert.InRange(moved.count_nonzero().item<long>(), weights.Count / 2, weights.Count);
        Assert.InRange(moved.masked_select(isPruned).count_nonzero().item<long>(), weights.Count / 2, weights.Count);
    }

    private static PruneTraining Train(PruneMethod method, ImageTensors images, int epochs) => new(
        new("digits", images.Count, NetworkKind.Mlp, method, Sparsity, Seed: 1, epochs, new(LearningRate, 0.5, Start: 1)), images);
}
