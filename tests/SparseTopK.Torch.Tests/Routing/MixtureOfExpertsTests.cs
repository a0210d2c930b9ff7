using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The mixture: equal to the dense sum, at the cost of its gates alone.</summary>
public class MixtureOfExpertsTests
{
    [TorchFact]
    public void The_example_runs()
    {
        using var scope = NewDisposeScope();
        var experts = Enumerable.Range(0, 8).Select(_ => (nn.Module<Tensor, Tensor>)nn.Linear(16, 16)).ToArray();
        var moe = new MixtureOfExperts(new TopKRouter(features: 16, experts: 8, k: 2, lambda: 0.1), experts);
        var y = moe.forward(randn(4, 10, 16), padding: null, out var routing);
        (y.square().mean() + (0.01 * routing.load_balancing_loss())).backward();
        Assert.Equal([4, 10, 16], y.shape);
        Assert.All(moe.parameters(), p => Assert.NotNull(p.grad));
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token, GateScaling.None)]
    [InlineData(RoutingChoice.Token, GateScaling.Softmax)]
    [InlineData(RoutingChoice.Expert, GateScaling.None)]
    [InlineData(RoutingChoice.Expert, GateScaling.Normalized)]
    public void It_equals_the_dense_sum_with_its_gradients(RoutingChoice choice, GateScaling scaling)
    {
        using var scope = NewDisposeScope();
        var (moe, experts) = Mixture(choice, scaling);
        var x = Operators.Normal(1, ScalarType.Float64, 3, 5, 4).requires_grad_();
        var g = Operators.Normal(2, ScalarType.Float64, 3, 5, 3);
        var y = moe.forward(x, null, out var routing);
        (y * g).sum().backward();
        double[][] sparse = [Operators.Entries<double>(x.grad!), .. moe.parameters().Select(p => Operators.Entries<double>(p.grad!))];
        x.grad!.zero_();
        moe.zero_grad();
        var tokens = x.reshape(15, 4);
        var gates = ((TopKRouter)moe.named_children().First(c => c.name == "router").module).forward(tokens).Gates;
        var dense = experts.Select((expert, e) => gates.narrow(1, e, 1) * expert.call(tokens)).Aggregate((a, b) => a + b);
        (dense.reshape(3, 5, 3) * g).sum().backward();
        double[][] whole = [Operators.Entries<double>(x.grad!), .. moe.parameters().Select(p => Operators.Entries<double>(p.grad!))];
        Near(Operators.Entries<double>(dense), Operators.Entries<double>(y));
        Assert.All(whole.Zip(sparse), pair => Near(pair.First, pair.Second));
        Assert.Contains(Operators.Entries<double>(routing.Gates), v => v == 0);
    }

    [TorchTheory]
    [InlineData(RoutingChoice.Token, GateScaling.None)]
    [InlineData(RoutingChoice.Expert, GateScaling.Softmax)]
    public void The_gradient_agrees_with_central_differences(RoutingChoice choice, GateScaling scaling)
    {
        using var scope = NewDisposeScope();
        var (moe, _) = Mixture(choice, scaling);
        var x = Operators.Normal(3, ScalarType.Float64, 6, 4).requires_grad_();
        var g = Operators.Normal(4, ScalarType.Float64, 6, 3);
        CentralDifferences.Check(() => (moe.call(x) * g).sum(), [x, .. moe.parameters()]);
    }

    [TorchFact]
    public void Gates_of_another_router_get_their_gradient()
    {
        using var scope = NewDisposeScope();
        var gates = Operators.Normal(5, ScalarType.Float64, 6, 3).requires_grad_();
        var moe = new MixtureOfExperts(new GivenGates(gates), Experts(3));
        var x = Operators.Normal(6, ScalarType.Float64, 6, 4).requires_grad_();
        CentralDifferences.Check(() => moe.call(x).square().sum(), x, gates);
    }

    [TorchFact]
    public void An_expert_sees_the_rows_of_its_gates_alone()
    {
        using var scope = NewDisposeScope();
        var gates = zeros(5, 4, ScalarType.Float64);
        (gates[0, 1], gates[2, 1], gates[4, 1], gates[2, 3]) = (1, 0.5, 0.25, 0.5);
        var experts = Experts(4);
        var moe = new MixtureOfExperts(new GivenGates(gates), experts);
        var y = Operators.Entries<double>(moe.call(Operators.Normal(7, ScalarType.Float64, 5, 4)));
        Assert.Equal([[], [3], [], [1]], experts.Select(e => ((CountingExpert)e).Rows));
        Assert.All(y[3..6].Concat(y[9..12]), v => Assert.Equal(0, v));
        y = Operators.Entries<double>(moe.forward(Operators.Normal(7, ScalarType.Float64, 5, 4), Tokens.Padding(false, false, true, false, true)));
        Assert.Equal([[], [3, 1], [], [1]], experts.Select(e => ((CountingExpert)e).Rows));
        Assert.All(y[3..], v => Assert.Equal(0, v));
    }

    [TorchFact]
    public void Rows_run_are_the_load_and_padding_has_none()
    {
        using var scope = NewDisposeScope();
        var (moe, experts) = Mixture(RoutingChoice.Token, GateScaling.None);
        var padding = Operators.Normal(8, ScalarType.Float32, 6, 10) > 0;
        var y = moe.forward(Operators.Normal(9, ScalarType.Float64, 6, 10, 4), padding, out var routing);
        var statistics = routing.statistics();
        Assert.Equal(statistics.Load, experts.Select(e => e.Rows.Sum()));
        Assert.InRange(statistics.Load.Sum(), 1, 60 * 5 / 2);
        Assert.Equal(60 - padding.sum().item<long>(), statistics.Tokens);
        Assert.All(Operators.Entries<double>(y.index_select(0, zeros(1, ScalarType.Int64))[0][padding[0]]), v => Assert.Equal(0, v));
    }

    [TorchFact]
    public void No_token_and_no_gate_give_zeros_that_can_be_differentiated()
    {
        using var scope = NewDisposeScope();
        var (moe, _) = Mixture(RoutingChoice.Token, GateScaling.None);
        var none = moe.call(zeros(2, 0, 4, ScalarType.Float64));
        none.sum().backward();
        Assert.Equal([2, 0, 3], none.shape);
        var padded = moe.forward(ones(7, 4, ScalarType.Float64), ones(7, ScalarType.Bool));
        padded.sum().backward();
        Assert.Equal([7, 3], padded.shape);
        Assert.All(Operators.Entries<double>(padded), v => Assert.Equal(0, v));
        var single = moe.call(ones(4, ScalarType.Float64));
        Assert.Equal([3], single.shape);
    }

    [TorchFact]
    public void Arguments_are_named_and_wrong_shapes_refused()
    {
        using var scope = NewDisposeScope();
        var router = new TopKRouter(4, 2, 1, 1, dtype: ScalarType.Float64);
        LossErrorTests.Named("router", () => new MixtureOfExperts(null!, Experts(2)));
        LossErrorTests.Named("experts", () => new MixtureOfExperts(router));
        LossErrorTests.Named("experts", () => new MixtureOfExperts(router, [null!]));
        LossErrorTests.Named("experts", () => new MixtureOfExperts(router, null!));
        var moe = new MixtureOfExperts(router, Experts(2));
        LossErrorTests.Named("input", () => moe.forward(null!));
        LossErrorTests.Named("input", () => moe.forward(tensor(1.0)));
        LossErrorTests.Named("padding", () => moe.forward(zeros(2, 3, 4, ScalarType.Float64), zeros(6, ScalarType.Bool)));
        var x = ones(3, 4, ScalarType.Float64);
        Assert.Throws<InvalidOperationException>(() => new MixtureOfExperts(router, Experts(3)).call(x));
        Assert.Throws<InvalidOperationException>(() => new MixtureOfExperts(router, nn.Flatten(0), nn.Flatten(0)).call(x));
    }

    internal static nn.Module<Tensor, Tensor>[] Experts(int count)
    {
        manual_seed(11);
        return [.. Enumerable.Range(0, count).Select(_ => new CountingExpert(4, 3))];
    }

    private static (MixtureOfExperts Mixture, CountingExpert[] Experts) Mixture(RoutingChoice choice, GateScaling scaling)
    {
        var experts = Experts(5);
        var router = new TopKRouter(4, 5, 2, 0.4, choice: choice, scaling: scaling, dtype: ScalarType.Float64);
        using var constant = no_grad();
        router.parameters().Single().copy_(Operators.Normal(51, ScalarType.Float64, 5, 4));
        return (new MixtureOfExperts(router, experts), [.. experts.Cast<CountingExpert>()]);
    }

    private static void Near(double[] expected, double[] actual) => Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) < 1e-12);
}
