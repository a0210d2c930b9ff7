using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Faults that were found once, each by its smallest case.</summary>
public class RegressionTests
{
    [TorchFact]
    public void Routing_losses_of_sixteen_bits_are_computed_in_thirty_two()
    {
        using var all = NewDisposeScope();
        var scores = Operators.Normal(1, ScalarType.Float32, 40_000, 8);
        var gates = Functional.topk_mask(scores, 2, 0.5);
        var (half, halfGates) = (scores.to(ScalarType.Float16), gates.to(ScalarType.Float16));
        Assert.Equal(Losses.importance_loss(gates).item<float>(), Losses.importance_loss(halfGates).item<float>(), 1e-4);
        Assert.Equal(Losses.load_balancing_loss(gates, scores).item<float>(), Losses.load_balancing_loss(halfGates, half).item<float>(), 1e-3);
        var large = Losses.router_z_loss(full([1000, 8], 8.0, ScalarType.Float16));
        Assert.Equal(ScalarType.Float32, large.dtype);
        Assert.Equal(Math.Pow(8 + Math.Log(8), 2), large.item<float>(), 1e-2);
    }

    [TorchFact]
    public void Spearman_keeps_its_digits_in_float32()
    {
        using var all = NewDisposeScope();
        var (x, target) = (Operators.Normal(1, ScalarType.Float32, 1000) * 1e-4, Operators.Normal(2, ScalarType.Float32, 1000));
        var single = x.clone().requires_grad_();
        var wide = x.to(ScalarType.Float64).requires_grad_();
        var loss = Losses.spearman_loss(single, target, 1);
        var expected = Losses.spearman_loss(wide, target, 1);
        Assert.Equal(ScalarType.Float32, loss.dtype);
        Assert.Equal(expected.item<double>(), loss.item<float>(), 1e-5);
        loss.backward();
        expected.backward();
        Assert.True(wide.grad!.norm().item<double>() > 100);
        Assert.Equal(1, (single.grad!.norm().to(ScalarType.Float64) / wide.grad!.norm()).item<double>(), 1e-4);
        Assert.Equal(0, Losses.spearman_loss(arange(7_000_000, ScalarType.Float32), arange(7_000_000, ScalarType.Float32), 1).item<float>(), 1e-5);
    }

    [TorchFact]
    public void A_loss_outlives_the_scope_that_it_was_made_in()
    {
        using var weight = ones(3);
        TopKLoss loss;
        TopKFenchelYoungLoss convex;
        using (NewDisposeScope())
        {
            (loss, convex) = (new(1L, 1.0, weight: weight), new(1L, 1.0, weight: weight));
        }

        using var scores = Operators.Normal(1, ScalarType.Float32, 2, 3);
        using var classes = zeros(2, ScalarType.Int64);
        Assert.True(float.IsFinite(loss.call(scores, classes).item<float>()));
        Assert.True(float.IsFinite(convex.call(scores, classes).item<float>()));
    }

    [TorchFact]
    public void Padding_may_hold_anything()
    {
        using var all = NewDisposeScope();
        var padding = tensor([false, false, true]);
        using var router = new TopKRouter(features: 4, experts: 3, k: 1, lambda: 1.0);
        var tokens = Operators.Normal(1, ScalarType.Float32, 3, 4);
        tokens[2] = float.NaN;
        router.forward(tokens, padding).Gates.pow(2).sum().backward();
        Assert.All(Operators.Entries<float>(router.parameters().Single().grad!), v => Assert.True(float.IsFinite(v)));

        var scores = Operators.Normal(2, ScalarType.Float32, 3, 3);
        scores[2] = float.NegativeInfinity;
        scores.requires_grad_();
        (Losses.router_z_loss(scores, padding) + Losses.load_balancing_loss(ones(3, 3), scores, padding)).backward();
        Assert.All(Operators.Entries<float>(scores.grad!), v => Assert.True(float.IsFinite(v)));

        var gates = tensor(new float[,] { { 1, 0 }, { 0, 1 }, { 0, 1 } });
        Assert.Equal(0, Losses.importance_loss(gates, padding).item<float>(), 1e-6);
        Assert.Equal(1, Losses.load_balancing_loss(gates, zeros(3, 2), padding).item<float>(), 1e-6);
    }

    [TorchFact]
    public void Means_of_the_largest_numbers_are_finite_on_torch_operations()
    {
        using var all = NewDisposeScope();
        using var on = new OnPath(ComputePath.TorchOperations);
        double[] row = [1e308, 1.7e308], falling = [1.7e308, 1e308], mean = [1.35e308, 1.35e308], rising = [1, 4, 2], weights = [1e308, 1e308, 1e300];
        var x = tensor(row).requires_grad_();
        var v = Functional.isotonic_regression(x);
        v.backward([tensor(falling)]);
        Assert.Equal(mean, Operators.Entries<double>(v));
        Assert.Equal(mean, Operators.Entries<double>(x.grad!));

        var scores = zeros(2, ScalarType.Float64).requires_grad_();
        Functional.soft_sort(scores, 1).backward([tensor(falling)]);
        Assert.Equal(mean, Operators.Entries<double>(scores.grad!));

        var weighted = Functional.isotonic_regression(tensor(rising), tensor(weights));
        Assert.Equal(2.5, weighted[0].item<double>(), 1e-6);
    }

    [TorchFact]
    public void After_an_exception_without_gradients_training_goes_on()
    {
        using var all = NewDisposeScope();
        var (a, b) = (nn.Linear(4, 6), nn.Linear(6, 2));
        var model = nn.Sequential(a, b);
        using var pruner = new MagnitudePruner(model, new() { Sparsity = Schedule.Constant(0.5), Lambda = Schedule.Constant(1) });
        using (no_grad())
        {
            Assert.ThrowsAny<Exception>(() => model.call(ones(2, 5)));
        }

        b.call(a.call(ones(2, 4))).sum().backward();
        Assert.NotNull(a.weight.grad);
        Assert.NotNull(b.weight.grad);
    }

    [TorchFact]
    public void Data_of_another_kind_are_no_state_of_a_pruner()
    {
        using var model = nn.Linear(4, 4);
        using var pruner = new MagnitudePruner(model, new() { Sparsity = Schedule.Constant(0.5), Lambda = Schedule.Constant(1) });
        using var stream = new MemoryStream([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        using var reader = new BinaryReader(stream);
        Assert.Throws<InvalidDataException>(() => pruner.Load(reader));
    }
}
