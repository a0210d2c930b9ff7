using SparseTopK.Experiments.Data;
using SparseTopK.Experiments.Mixtures;
using SparseTopK.Experiments.Reporting;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>What mixtures of experts are compared with, and how.</summary>
[Collection(RandomNetworks.Name)]
public sealed class MixtureTests
{
    private const long Tokens = 64;
    private const long Experts = 8;

    [TorchFact]
    public void Where_tokens_choose_the_hard_router_is_the_limit_of_a_small_lambda()
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var tokens = Operators.Normal(1, ScalarType.Float32, Tokens, 4);
        var hard = new HardRouter(4, Experts, 2, RoutingChoice.Token, noise: 0);
        var soft = new TopKRouter(4, Experts, 2, lambda: 1e-6, scaling: GateScaling.Softmax);
        soft.load_state_dict(new() { ["gate.weight"] = hard.state_dict()["_gate.weight"] }, strict: false);

        Assert.True(hard.call(tokens, null).Gates.allclose(soft.call(tokens, null).Gates, atol: 1e-6));
    }

    [TorchFact]
    public void Where_experts_choose_each_has_its_capacity_of_the_softmax()
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var routing = new HardRouter(4, Experts, 2, RoutingChoice.Expert, noise: 0).call(Operators.Normal(1, ScalarType.Float32, Tokens, 4), null);

        var chosen = routing.Gates != 0;
        Assert.Equal(Enumerable.Repeat(2 * Tokens / Experts, (int)Experts), chosen.sum(dim: 0).data<long>().ToArray());
        var softmax = routing.Scores!.softmax(1);
        Assert.True(routing.Gates.masked_select(chosen).equal(softmax.masked_select(chosen)).all().item<bool>());
        Assert.True((softmax.masked_fill(chosen.logical_not(), 2).amin([0]) >= softmax.masked_fill(chosen, 0).amax([0])).all().item<bool>());
    }

    [TorchFact]
    public void Noise_is_that_of_its_seed_and_of_training_alone()
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var tokens = Operators.Normal(2, ScalarType.Float32, Tokens, 4);
        var router = new HardRouter(4, Experts, 2, RoutingChoice.Token, noise: 1);
        Tensor Gates(ulong seed)
        {
            router.NoiseSeed = seed;
            return router.call(tokens, null).Gates;
        }

        Assert.True(Gates(1).allclose(Gates(1)));
        Assert.False(Gates(1).allclose(Gates(2)));
        router.eval();
        Assert.True(Gates(1).allclose(Gates(2)));
    }

    [TorchFact]
    public void Rows_are_counted_in_training_alone()
    {
        var images = Images.Digits().First(256, 200);
        var method = MixtureMethod.All.Single(method => method is { Kind: RouterKind.Hard, Choice: RoutingChoice.Token });
        using var training = new MixtureTraining(new("digits", 256, method, Seed: 1, Epochs: 1, new(0.003, 0)), images.Train);
        training.RunEpoch();
        var numbers = training.Test(images.Test);
        Assert.Equal(MixtureLayer.ExpertsPerToken, numbers["rows in training"]);
        Assert.Equal(MixtureLayer.ExpertsPerToken, numbers["rows"]);
        Assert.Equal(0, numbers["dropped"]);
    }

    [Fact]
    public void Loads_add_up_over_batches()
    {
        var loads = new ExpertLoads();
        loads.Add(new(Tokens: 4, Load: [4, 0], Importance: [4, 0], DroppedFraction: 0.25, ExpertsPerToken: 1, Entropy: 0));
        loads.Add(new(Tokens: 6, Load: [5, 3], Importance: [5, 3], DroppedFraction: 0, ExpertsPerToken: 1.3, Entropy: 0));
        Assert.Equal(1.2, loads.RowsPerToken, 12);
        Assert.Equal(10, loads.DroppedPercent, 12);
        Assert.Equal(1.5, loads.Busiest, 12);
    }

    [Theory]
    [InlineData(new[] { 2.0, 9, 4 }, new[] { 1.0, 3, 4 }, 2)]
    [InlineData(new[] { 2.0, 4 }, new[] { 1.0, 1 }, 3)]
    public void The_ratio_of_times_is_the_median_of_the_steps(double[] times, double[] others, double ratio) =>
        Assert.Equal(ratio, StepClock.Ratio(times, others), 12);

    [Fact]
    public void Differences_are_taken_seed_by_seed()
    {
        var gain = Summary.OfDifferences([3, 5, 7], [2, 4, 6]);
        Assert.Equal((1.0, 0.0, 3), (gain.Mean, gain.Deviation, gain.Count));
    }

    [Theory]
    [InlineData(0.254, "+0.25")]
    [InlineData(-1, "-1.00")]
    [InlineData(-0.004, "0.00")]
    [InlineData(double.NaN, "–")]
    public void Gains_have_a_sign(double gain, string text) => Assert.Equal(text, Summary.Signed(gain));
}
