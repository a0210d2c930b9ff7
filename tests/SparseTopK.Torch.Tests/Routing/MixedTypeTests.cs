using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Routers, tokens and experts of different types and widths: right, or an error of .NET that says what does not fit.</summary>
public class MixedTypeTests
{
    [TorchTheory]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.Float64)]
    public void A_router_may_be_wider_than_the_tokens(ScalarType tokens, ScalarType scores)
    {
        using var scope = NewDisposeScope();
        var router = new TopKRouter(4, 3, 1, 0.5, dtype: scores);
        var x = Operators.Normal(1, tokens, 2, 6, 4).requires_grad_();
        var padding = zeros(2, 6, ScalarType.Bool);
        padding[1, 5] = true;
        var mixture = new MixtureOfExperts(router, [.. Enumerable.Range(0, 3).Select(_ => (nn.Module<Tensor, Tensor>)nn.Linear(4, 5, dtype: tokens))]);
        var y = mixture.forward(x, padding, out var routing);
        Assert.Equal((tokens, scores, scores), (y.dtype, routing.Gates.dtype, routing.Scores!.dtype));
        var wide = router.forward(x.detach().reshape(12, 4).to(scores), padding.reshape(12));
        Assert.Equal(Values(wide.Gates), Values(routing.Gates));
        (y.to(ScalarType.Float32).square().mean() + routing.load_balancing_loss()).backward();
        Assert.Equal((tokens, scores), (x.grad!.dtype, router.parameters().Single().grad!.dtype));
        Assert.Contains(Values(x.grad!), v => v != 0);
        Assert.Contains(Values(router.parameters().Single().grad!), v => v != 0);
        Assert.Equal(12 - 1, routing.statistics().Tokens);
    }

    [TorchTheory]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.BFloat16)]
    public void A_router_may_not_be_narrower(ScalarType tokens, ScalarType scores)
    {
        using var scope = NewDisposeScope();
        var router = new TopKRouter(4, 3, 1, 0.5, dtype: scores);
        LossErrorTests.Named("input", () => router.forward(zeros(5, 4, tokens)));
        var mixture = new MixtureOfExperts(router, nn.Linear(4, 2, dtype: tokens), nn.Linear(4, 2, dtype: tokens), nn.Linear(4, 2, dtype: tokens));
        LossErrorTests.Named("input", () => mixture.call(zeros(5, 4, tokens)));
    }

    [TorchFact]
    public void Gates_of_another_router_may_have_another_type()
    {
        using var scope = NewDisposeScope();
        var gates = tensor(new[] { 1.0, 0, 0.5, 0.5 }, 2, 2);
        var mixture = new MixtureOfExperts(new GivenGates(gates), nn.Linear(4, 3), nn.Linear(4, 3));
        Assert.Equal(ScalarType.Float32, mixture.call(ones(2, 4)).dtype);
    }

    [TorchFact]
    public void Experts_whose_results_differ_are_named()
    {
        using var scope = NewDisposeScope();
        var gates = ones(2, 2);
        var x = ones(2, 4);
        var widths = new MixtureOfExperts(new GivenGates(gates), nn.Linear(4, 3), nn.Linear(4, 5));
        Assert.Contains("Expert 1", Assert.Throws<InvalidOperationException>(() => widths.call(x)).Message, StringComparison.Ordinal);
        var types = new MixtureOfExperts(new GivenGates(gates), nn.Linear(4, 3), new Wide());
        Assert.Contains("Float64", Assert.Throws<InvalidOperationException>(() => types.call(x)).Message, StringComparison.Ordinal);
    }

    private static double[] Values(Tensor tensor) => Operators.Entries<double>(tensor.to(ScalarType.Float64));

    private sealed class Wide() : nn.Module<Tensor, Tensor>(nameof(Wide))
    {
        public override Tensor forward(Tensor input) => input.narrow(1, 0, 3).to(ScalarType.Float64);
    }
}
