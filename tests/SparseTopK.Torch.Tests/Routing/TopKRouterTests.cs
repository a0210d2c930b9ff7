using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Tokens and experts that choose: gates, capacity, padding, noise, scaling, gradients.</summary>
public class TopKRouterTests
{
    [TorchFact]
    public void The_example_routes()
    {
        using var scope = NewDisposeScope();
        var router = new TopKRouter(features: 16, experts: 8, k: 2, lambda: 0.1);
        var routing = router.forward(randn(32, 16));
        var loss = 0.01 * routing.load_balancing_loss() + 0.001 * routing.router_z_loss();
        loss.backward();
        Assert.All(Operators.Entries<float>(routing.Gates.sum(1)), v => Assert.Equal(2, v, 1e-5f));
        Assert.NotNull(router.parameters().Single().grad);
    }

    [TorchFact]
    public void A_token_gets_the_mask_of_its_scores()
    {
        using var scope = NewDisposeScope();
        var router = Router(k: 3);
        var x = Operators.Normal(1, ScalarType.Float64, 20, 4);
        var routing = router.forward(x);
        var scores = Operators.Entries<double>(routing.Scores!);
        Assert.Equal(Operators.Entries<double>(x.matmul(router.state_dict()["gate.weight"].t())), scores, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(TopKOperator.Mask.Core(scores, 6, 3, PNorm.Quadratic(0.5)), Operators.Entries<double>(routing.Gates));
    }

    [TorchTheory]
    [InlineData(1, 8)]
    [InlineData(1.5, 12)]
    [InlineData(0.3, 3)]
    [InlineData(9, 24)]
    [InlineData(1.1, 9)]
    [InlineData(1.125, 9)]
    public void An_expert_gets_its_capacity_of_tokens(double factor, int capacity)
    {
        using var scope = NewDisposeScope();
        var router = Router(k: 2, choice: RoutingChoice.Expert, factor: factor);
        var routing = router.forward(Operators.Normal(2, ScalarType.Float64, 24, 4));
        Assert.All(Operators.Entries<double>(routing.Gates.sum(dim: 0)), v => Assert.Equal(capacity, v, 1e-12));
        var columns = Operators.Entries<double>(routing.Scores!.t());
        Assert.Equal(TopKOperator.Mask.Core(columns, 24, capacity, PNorm.Quadratic(0.5)), Operators.Entries<double>(routing.Gates.t()));
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token, GateScaling.None)]
    [InlineData(RoutingChoice.Token, GateScaling.Softmax)]
    [InlineData(RoutingChoice.Expert, GateScaling.None)]
    [InlineData(RoutingChoice.Expert, GateScaling.Normalized)]
    [InlineData(RoutingChoice.Expert, GateScaling.Softmax)]
    public void Padding_gets_exactly_zero_and_takes_no_place(RoutingChoice choice, GateScaling scaling)
    {
        using var scope = NewDisposeScope();
        var router = Router(k: 2, choice: choice, scaling: scaling);
        var x = Operators.Normal(3, ScalarType.Float64, 9, 4).requires_grad_();
        var padding = Tokens.Padding(false, true, false, false, true, false, false, true, false);
        var keep = padding.logical_not().nonzero().reshape(-1);
        var padded = router.forward(x, padding);
        var few = router.forward(x.index_select(0, keep));
        Assert.Equal(Operators.Entries<double>(few.Gates), Operators.Entries<double>(padded.Gates.index_select(0, keep)));
        Assert.All(Operators.Entries<double>(padded.Gates.index_select(0, padding.nonzero().reshape(-1))), v => Assert.Equal(0, v));
        (padded.Gates * Operators.Normal(4, ScalarType.Float64, 9, 6)).sum().backward();
        Assert.All(Operators.Entries<double>(x.grad!.index_select(0, padding.nonzero().reshape(-1))), v => Assert.Equal(0, v));
        Assert.Contains(Operators.Entries<double>(x.grad!), v => v != 0);
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token)]
    [InlineData(RoutingChoice.Expert)]
    public void Nothing_but_padding_gives_zeros_and_no_token_nothing(RoutingChoice choice)
    {
        using var scope = NewDisposeScope();
        foreach (var scaling in Enum.GetValues<GateScaling>())
        {
            var router = Router(k: 2, choice: choice, scaling: scaling);
            var gates = router.forward(ones(3, 4, ScalarType.Float64), ones(3, ScalarType.Bool)).Gates;
            gates.sum().backward();
            Assert.All(Operators.Entries<double>(gates), v => Assert.Equal(0, v));
            Assert.All(Operators.Entries<double>(router.parameters().Single().grad!), v => Assert.Equal(0, v));
            Assert.Equal([0, 6], router.forward(zeros(0, 4, ScalarType.Float64)).Gates.shape);
        }
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token, GateScaling.Normalized)]
    [InlineData(RoutingChoice.Token, GateScaling.Softmax)]
    [InlineData(RoutingChoice.Expert, GateScaling.Normalized)]
    [InlineData(RoutingChoice.Expert, GateScaling.Softmax)]
    public void Scaled_gates_of_a_token_sum_to_one(RoutingChoice choice, GateScaling scaling)
    {
        using var scope = NewDisposeScope();
        var (plain, scaled) = (Router(k: 2, choice: choice), Router(k: 2, choice: choice, scaling: scaling));
        scaled.load_state_dict(plain.state_dict());
        var x = Operators.Normal(5, ScalarType.Float64, 12, 4) * 3;
        var (before, after) = (plain.forward(x), scaled.forward(x));
        var (m, s, g) = (Operators.Entries<double>(before.Gates), Operators.Entries<double>(before.Scores!), Operators.Entries<double>(after.Gates));
        for (var token = 0; token < 12; token++)
        {
            var weights = Enumerable.Range(token * 6, 6)
                .Select(i => scaling == GateScaling.Softmax ? m[i] * Math.Exp(s[i]) : m[i]).ToArray();
            var expected = weights.Select(w => weights.Sum() > 0 ? w / weights.Sum() : 0);
            Assert.Equal(expected, g[(token * 6)..((token + 1) * 6)], (a, b) => Math.Abs(a - b) < 1e-12);
        }
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token)]
    [InlineData(RoutingChoice.Expert)]
    public void The_gradient_agrees_with_central_differences(RoutingChoice choice)
    {
        using var scope = NewDisposeScope();
        foreach (var scaling in Enum.GetValues<GateScaling>())
        {
            var router = Router(k: 2, choice: choice, scaling: scaling);
            var x = Operators.Normal(6, ScalarType.Float64, 7, 4).requires_grad_();
            var g = Operators.Normal(7, ScalarType.Float64, 7, 6);
            CentralDifferences.Check(() => (router.forward(x).Gates * g).sum(), x, router.parameters().Single());
        }
    }

    [TorchFact]
    public void Only_the_softmax_teaches_a_hard_choice()
    {
        using var scope = NewDisposeScope();
        foreach (var scaling in Enum.GetValues<GateScaling>())
        {
            var router = Router(k: 2, lambda: 1e-9, scaling: scaling);
            (router.forward(Operators.Normal(8, ScalarType.Float64, 10, 4)).Gates * arange(6)).sum().backward();
            var learns = Operators.Entries<double>(router.parameters().Single().grad!).Any(v => v != 0);
            Assert.Equal(scaling == GateScaling.Softmax, learns);
        }
    }

    [TorchFact]
    public void Noise_is_for_training_and_follows_its_seed()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(9, ScalarType.Float64, 10, 4);
        double[][] Run(TopKRouter router) => [Operators.Entries<double>(router.forward(x).Gates), Operators.Entries<double>(router.forward(x).Gates)];
        TopKRouter Seeded(ulong? seed)
        {
            manual_seed(1);
            return new TopKRouter(4, 6, 2, 0.5, noise: 1, seed: seed, dtype: ScalarType.Float64);
        }

        var (first, again, other) = (Run(Seeded(3)), Run(Seeded(3)), Run(Seeded(4)));
        Assert.Equal(first, again);
        Assert.NotEqual(first[0], first[1]);
        Assert.NotEqual(first[0], other[0]);
        var silent = Seeded(3);
        silent.eval();
        var quiet = Run(silent);
        Assert.Equal(quiet[0], quiet[1]);
        var global = Run(Seeded(null));
        Assert.NotEqual(global[0], global[1]);
        Assert.Equal(global, Run(Seeded(null)));
    }

    [TorchFact]
    public void Arguments_are_named()
    {
        using var scope = NewDisposeScope();
        LossErrorTests.Named("features", () => new TopKRouter(0, 4, 1, 1));
        LossErrorTests.Named("experts", () => new TopKRouter(4, 0, 1, 1));
        LossErrorTests.Named("k", () => new TopKRouter(4, 4, 5, 1));
        LossErrorTests.Named("k", () => new TopKRouter(4, 4, 0, 1));
        LossErrorTests.Named("lambda", () => new TopKRouter(4, 4, 1, 0));
        LossErrorTests.Named("p", () => new TopKRouter(4, 4, 1, 1, 1));
        LossErrorTests.Named("choice", () => new TopKRouter(4, 4, 1, 1, choice: (RoutingChoice)5));
        LossErrorTests.Named("scaling", () => new TopKRouter(4, 4, 1, 1, scaling: (GateScaling)5));
        LossErrorTests.Named("capacity_factor", () => new TopKRouter(4, 4, 1, 1, capacity_factor: 0));
        LossErrorTests.Named("noise", () => new TopKRouter(4, 4, 1, 1, noise: -1));
        var router = Router(k: 1);
        LossErrorTests.Named("input", () => router.forward(null!));
        LossErrorTests.Named("input", () => router.forward(zeros(3, 5, ScalarType.Float64)));
        LossErrorTests.Named("padding", () => router.forward(zeros(3, 4, ScalarType.Float64), zeros(3)));
        LossErrorTests.Named("padding", () => router.forward(zeros(3, 4, ScalarType.Float64), zeros(4, ScalarType.Bool)));
    }

    private static TopKRouter Router(
        long k, double lambda = 0.5, RoutingChoice choice = RoutingChoice.Token, GateScaling scaling = GateScaling.None, double factor = 1)
    {
        manual_seed(7);
        var router = new TopKRouter(4, 6, k, lambda, choice: choice, scaling: scaling, capacity_factor: factor, dtype: ScalarType.Float64);
        using var constant = no_grad();
        router.parameters().Single().copy_(Operators.Normal(50, ScalarType.Float64, 6, 4));
        return router;
    }
}
