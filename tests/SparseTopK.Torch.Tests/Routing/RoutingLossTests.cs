using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Balancing losses, the z-loss and the statistics: by hand, with padding, with gradients, on nothing.</summary>
public class RoutingLossTests
{
    [TorchFact]
    public void Values_are_those_of_the_formulas()
    {
        using var scope = NewDisposeScope();
        var (g, s) = (Gates(1, 12, 4), Operators.Normal(2, ScalarType.Float64, 12, 4));
        var (gates, scores) = (Operators.Entries<double>(g), Operators.Entries<double>(s));
        var mass = Enumerable.Range(0, 4).Select(e => Enumerable.Range(0, 12).Sum(i => gates[(i * 4) + e])).ToArray();
        var sums = Enumerable.Range(0, 12).Select(i => Enumerable.Range(0, 4).Sum(e => Math.Exp(scores[(i * 4) + e]))).ToArray();
        var mean = Enumerable.Range(0, 4).Select(e => Enumerable.Range(0, 12).Average(i => Math.Exp(scores[(i * 4) + e]) / sums[i]));
        var balance = 4 * mass.Zip(mean, (f, p) => f / mass.Sum() * p).Sum();
        var variance = mass.Average(m => Math.Pow(m - mass.Average(), 2)) / Math.Pow(mass.Average(), 2);
        Assert.Equal(balance, Losses.load_balancing_loss(g, s).item<double>(), 1e-12);
        Assert.Equal(variance, Losses.importance_loss(g).item<double>(), 1e-12);
        Assert.Equal(sums.Average(v => Math.Pow(Math.Log(v), 2)), Losses.router_z_loss(s).item<double>(), 1e-12);
    }

    [TorchFact]
    public void An_equal_load_is_the_least()
    {
        using var scope = NewDisposeScope();
        var equal = eye(4, dtype: ScalarType.Float64).repeat(3, 1);
        Assert.Equal(1, Losses.load_balancing_loss(equal, zeros(12, 4, ScalarType.Float64)).item<double>(), 1e-12);
        Assert.Equal(0, Losses.importance_loss(equal).item<double>(), 1e-12);
        var one = zeros(12, 4, ScalarType.Float64);
        one[TensorIndex.Colon, 2] = 1;
        Assert.Equal(4, Losses.load_balancing_loss(one, one * 50).item<double>(), 1e-9);
        Assert.Equal(3, Losses.importance_loss(one).item<double>(), 1e-12);
    }

    [TorchFact]
    public void Padding_does_not_count()
    {
        using var scope = NewDisposeScope();
        var padding = Tokens.Padding(false, true, false, false, true, false);
        var keep = padding.logical_not().nonzero().reshape(-1);
        var g = Gates(3, 6, 5) * padding.logical_not().unsqueeze(1);
        var s = Operators.Normal(4, ScalarType.Float64, 6, 5);
        var (fewGates, fewScores) = (g.index_select(0, keep), s.index_select(0, keep));
        using var padded = new Routing(g, s, padding);
        using var few = new Routing(fewGates, fewScores);
        Assert.Equal(few.load_balancing_loss().item<double>(), padded.load_balancing_loss().item<double>(), 1e-14);
        Assert.Equal(few.importance_loss().item<double>(), padded.importance_loss().item<double>(), 1e-14);
        Assert.Equal(few.router_z_loss().item<double>(), padded.router_z_loss().item<double>(), 1e-14);
        var (a, b) = (few.statistics(), padded.statistics());
        Assert.Equal(a.Load, b.Load);
        Assert.Equal((4, a.DroppedFraction, a.ExpertsPerToken, a.Entropy), (b.Tokens, b.DroppedFraction, b.ExpertsPerToken, b.Entropy));
    }

    [TorchFact]
    public void The_gradients_agree_with_central_differences()
    {
        using var scope = NewDisposeScope();
        var padding = Tokens.Padding(false, false, true, false, false);
        var (g, s) = (Gates(5, 5, 4).requires_grad_(), Operators.Normal(6, ScalarType.Float64, 5, 4).requires_grad_());
        CentralDifferences.Check(() => Losses.load_balancing_loss(g.detach(), s, padding), s);
        CentralDifferences.Check(() => Losses.importance_loss(g), g);
        CentralDifferences.Check(() => Losses.router_z_loss(s, padding), s);
        Assert.False(Losses.load_balancing_loss(g, s.detach()).requires_grad);
    }

    [TorchFact]
    public void Statistics_are_counted()
    {
        using var scope = NewDisposeScope();
        var gates = tensor(new[] { 1.0f, 0, 0, 0.5f, 0.5f, 0, 0, 0, 0, 0.25f, 0.25f, 1.5f }, 4, 3);
        var statistics = RouterStatistics.Of(gates);
        Assert.Equal(4, statistics.Tokens);
        Assert.Equal([3, 2, 1], statistics.Load);
        Assert.Equal([1.75, 0.75, 1.5], statistics.Importance);
        Assert.Equal(0.25, statistics.DroppedFraction);
        Assert.Equal(1.5, statistics.ExpertsPerToken);
        Assert.Equal((Math.Log(2) + (0.25 * Math.Log(8)) + (0.75 * Math.Log(4.0 / 3))) / 3, statistics.Entropy, 1e-12);
    }

    [TorchFact]
    public void No_token_gives_zeros()
    {
        using var scope = NewDisposeScope();
        foreach (var padding in new[] { null, ones(3, ScalarType.Bool) })
        {
            var tokens = padding is null ? 0 : 3;
            var (g, s) = (zeros(tokens, 4, requires_grad: true), zeros(tokens, 4, requires_grad: true));
            var sum = Losses.load_balancing_loss(g, s, padding) + Losses.importance_loss(g) + Losses.router_z_loss(s, padding);
            sum.backward();
            Assert.Equal(0, sum.item<float>());
            Assert.Equal(0, s.grad!.abs().sum().item<float>());
            var statistics = RouterStatistics.Of(g, padding);
            Assert.Equal((0, 0, 0, 0), (statistics.Tokens, statistics.DroppedFraction, statistics.ExpertsPerToken, statistics.Entropy));
        }
    }

    [TorchFact]
    public void Arguments_are_named()
    {
        using var scope = NewDisposeScope();
        var g = zeros(4, 3);
        var bad = zeros(4);
        LossErrorTests.Named("gates", () => Losses.load_balancing_loss(null!, g));
        LossErrorTests.Named("gates", () => Losses.load_balancing_loss(bad, g));
        LossErrorTests.Named("scores", () => Losses.load_balancing_loss(g, zeros(4, 2)));
        LossErrorTests.Named("padding", () => Losses.load_balancing_loss(g, g, bad));
        LossErrorTests.Named("gates", () => Losses.importance_loss(bad));
        LossErrorTests.Named("scores", () => Losses.router_z_loss(bad));
        LossErrorTests.Named("padding", () => Losses.router_z_loss(g, zeros(3, ScalarType.Bool)));
        LossErrorTests.Named("gates", () => new Routing(bad));
        LossErrorTests.Named("scores", () => new Routing(g, zeros(4, 2)));
        LossErrorTests.Named("padding", () => RouterStatistics.Of(g, bad));
        Assert.Throws<InvalidOperationException>(() => new Routing(g).router_z_loss());
    }

    private static Tensor Gates(int seed, long tokens, long experts) =>
        Functional.topk_mask(Operators.Normal(seed, ScalarType.Float64, tokens, experts), 2, 0.7);
}
