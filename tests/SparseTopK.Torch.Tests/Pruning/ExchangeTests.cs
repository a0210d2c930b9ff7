using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>A forward pass computes with the sparse weights; the parameters stay what and where they were.</summary>
public class ExchangeTests
{
    public static TheoryData<PruningScope> Scopes => [PruningScope.PerLayer, PruningScope.Global];

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void A_sequential_computes_with_soft_weights_and_its_gradients_are_those_of_the_operator(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp(type: ScalarType.Float64);
        var (x, y) = Models.Data(type: ScalarType.Float64);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.6, 0.3, scope));
        var output = model.call(x);
        nn.functional.mse_loss(output, y).backward();

        var raw = Weights(model).Select(w => w.detach().clone().requires_grad_()).ToArray();
        var biases = model.named_parameters().Where(p => p.name.EndsWith("bias", StringComparison.Ordinal)).Select(p => p.parameter.detach()).ToArray();
        var soft = scope == PruningScope.Global
            ? Functional.topk_magnitude(cat([.. raw.Select(w => w.reshape(-1))]), 380 - 228, 0.3).split([160, 200, 20], 0L)
            : [.. raw.Select(w => Functional.topk_magnitude(w.reshape(-1), (long)(0.4 * w.numel()), 0.3))];
        var t = nn.functional.linear(x, soft[0].reshape(20, 8), biases[0]).relu();
        t = nn.functional.linear(t, soft[1].reshape(10, 20), biases[1]).relu();
        var expected = nn.functional.linear(t, soft[2].reshape(2, 10), biases[2]);
        nn.functional.mse_loss(expected, y).backward();

        Assert.Equal(Operators.Entries<double>(expected), Operators.Entries<double>(output));
        foreach (var (w, weight) in raw.Zip(Weights(model)))
        {
            var gradient = Operators.Entries<double>(weight.grad!);
            Assert.All(Operators.Entries<double>(w.grad!).Zip(gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.Contains(gradient, v => v != 0);
            Assert.Contains(gradient, v => v == 0);
        }
    }

    [TorchTheory]
    [InlineData(PruningScope.PerLayer, true)]
    [InlineData(PruningScope.PerLayer, false)]
    [InlineData(PruningScope.Global, true)]
    [InlineData(PruningScope.Global, false)]
    public void Layers_in_fields_and_lists_are_reached_by_call_and_by_forward(PruningScope scope, bool byForward)
    {
        using var all = NewDisposeScope();
        var model = new CustomModel(byForward);
        var x = Operators.Normal(3, ScalarType.Float32, 5, 1, 6, 6);
        var dense = model.call(x);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.6, 1e-3, scope));
        var sparse = model.call(x);
        sparse.pow(2).sum().backward();
        Assert.Equal(["_conv", "_hidden", "_tail.0", "_tail.1"], pruner.Layers);
        Assert.NotEqual(Operators.Entries<float>(dense), Operators.Entries<float>(sparse));
        foreach (var (layer, report) in pruner.Layers.Zip(pruner.Report().Layers))
        {
            // At a small lambda the gradient is that of the kept weights, and 0 elsewhere.
            var gradient = Operators.Entries<float>(model.get_parameter($"{layer}.weight")!.grad!);
            Assert.InRange(gradient.Count(v => v != 0), 1, report.Nonzero);
        }

        pruner.Dispose();
        Assert.Equal(Operators.Entries<float>(dense), Operators.Entries<float>(model.call(x)));
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void A_layer_that_is_called_alone_prepares_itself(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = new CustomModel();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.7, 0.1, scope));
        var x = Operators.Normal(4, ScalarType.Float32, 2, 4 * 6 * 6);
        var alone = model.Hidden.call(x);
        using (pruner.UseSparseWeights())
        {
            Assert.Equal(Operators.Entries<float>(nn.functional.linear(x, model.Hidden.weight, model.Hidden.bias)), Operators.Entries<float>(alone));
            Assert.Equal(Operators.Entries<float>(model.Hidden.forward(x)), Operators.Entries<float>(alone));
        }

        Assert.NotEqual(Operators.Entries<float>(model.Hidden.forward(x)), Operators.Entries<float>(alone));
    }

    [TorchFact]
    public void A_model_of_two_inputs_is_prepared_by_its_call()
    {
        using var all = NewDisposeScope();
        var model = new TwoInputs();
        using var pruner = new MagnitudePruner(model, Models.Fixed(1, 1));
        var y = model.call(ones(3, 4), ones(3, 5));
        var biases = model.get_parameter("_left.bias")! + model.get_parameter("_right.bias")!;
        Assert.Equal(Operators.Entries<float>(biases.expand(3, 2)), Operators.Entries<float>(y));
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void A_model_that_cannot_be_called_is_prepared_layer_by_layer(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = new Bag();
        var raw = model.Encoder.weight;
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 1e-9, scope));
        model.Decoder.call(model.Encoder.call(ones(2, 4))).sum().backward();
        Assert.Equal(["encoder", "decoder"], pruner.Layers);
        Assert.Same(raw, model.Encoder.weight);

        // A weight that is kept has no gradient where the other layer has lost all weights that it meets.
        var counts = new[] { model.Encoder, model.Decoder }.Select(layer => Operators.Entries<float>(layer.weight.grad!).Count(v => v != 0)).ToArray();
        Assert.All(counts.Zip(pruner.Report().Layers), pair => Assert.InRange(pair.First, 0, pair.Second.Nonzero));
        Assert.True(counts.Sum() > 0);
    }

    [TorchTheory]
    [InlineData("linear")]
    [InlineData("conv1d")]
    [InlineData("conv2d")]
    [InlineData("transposed")]
    public void A_model_may_be_a_layer_itself(string kind)
    {
        using var all = NewDisposeScope();
        nn.Module<Tensor, Tensor> layer = kind switch
        {
            "linear" => nn.Linear(6, 4),
            "conv1d" => nn.Conv1d(6, 4, 1),
            "conv2d" => nn.Conv2d(6, 4, 1),
            _ => nn.ConvTranspose2d(6, 4, 1),
        };
        var weight = layer.parameters().First();
        var before = Operators.Entries<float>(weight);
        using var pruner = new MagnitudePruner(layer, Models.Fixed(0.5, 1e-6));
        long[] shape = kind switch { "linear" => [2, 6], "conv1d" => [2, 6, 3], _ => [2, 6, 3, 3] };
        layer.call(ones(shape)).sum().backward();
        Assert.Equal(12, Operators.Entries<float>(weight.grad!).Count(v => v != 0));
        Assert.Equal([layer.GetType().Name], pruner.Layers);
        Assert.Equal(before, Operators.Entries<float>(weight));
    }

    [TorchFact]
    public void Parameters_and_state_are_the_same_objects_after_a_forward_pass_and_after_a_use()
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (first, keys) = (First(model).weight, model.state_dict().Keys.ToArray());
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        model.call(Models.Data().X);
        Same();
        using (pruner.UseSparseWeights())
        {
            Assert.NotSame(first, First(model).weight);
        }

        Same();

        void Same()
        {
            Assert.Same(first, First(model).weight);
            Assert.Same(first, model.parameters().First());
            Assert.Same(first, model.state_dict()["first.weight"]);
            Assert.Equal(keys, model.state_dict().Keys);
        }
    }

    [TorchFact]
    public void Without_gradients_no_graph_is_built_and_evaluation_computes_the_same()
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (x, _) = Models.Data();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        var trained = model.call(x);
        model.eval();
        using (no_grad())
        {
            var evaluated = model.call(x);
            Assert.False(evaluated.requires_grad);
            Assert.Equal(Operators.Entries<float>(trained), Operators.Entries<float>(evaluated));
        }

        Assert.True(trained.requires_grad);
        Assert.True(model.parameters().First().requires_grad);
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void A_backward_pass_may_come_after_the_weights_have_moved(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp(type: ScalarType.Float64);
        var (x, _) = Models.Data(type: ScalarType.Float64);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, scope));
        var weight = model.parameters().First();
        model.call(x).sum().backward();
        var expected = Operators.Entries<double>(weight.grad!);
        weight.grad = null;
        var late = model.call(x).sum();
        using (no_grad())
        {
            weight.mul_(-3);
        }

        late.backward();
        Assert.Equal(expected, Operators.Entries<double>(weight.grad!));
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void Forward_passes_in_one_step_add_up_with_one_use_and_without(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp(type: ScalarType.Float64);
        var (x, _) = Models.Data(type: ScalarType.Float64);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, scope));
        var weight = model.parameters().First();
        model.call(x).sum().backward();
        model.call(x).sum().backward();
        var twice = Operators.Entries<double>(weight.grad!);
        weight.grad = null;
        using (pruner.UseSparseWeights())
        {
            model.call(x).sum().backward();
            model.forward(x).sum().backward();
        }

        Assert.Equal(twice, Operators.Entries<double>(weight.grad!));
    }

    private static Linear First(Sequential model) => (Linear)model[0];

    private static IEnumerable<Parameter> Weights(nn.Module model) =>
        model.named_parameters().Where(p => p.name.EndsWith("weight", StringComparison.Ordinal)).Select(p => p.parameter);
}
