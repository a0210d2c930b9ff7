using SparseTopK.Torch.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Modules;

/// <summary>Layers whose weight is sparse.</summary>
public class SparseLayerTests
{
    [TorchFact]
    public void A_linear_layer_computes_with_the_sparse_weight()
    {
        using var plain = nn.Linear(6, 4, dtype: ScalarType.Float64);
        using var layer = new SparseLinear(plain, 0.75, 0.2, 4.0 / 3);
        using var x = Operators.Normal(1, ScalarType.Float64, 5, 6);
        using var y = layer.call(x);
        using var z = Functional.topk_magnitude(plain.weight.reshape(-1), 6, 0.2, 4.0 / 3).reshape(4, 6);
        using var expected = nn.functional.linear(x, z, plain.bias);
        Assert.Equal(Operators.Entries<double>(expected), Operators.Entries<double>(y));
    }

    public static TheoryData<string> Geometries => ["plain", "strided", "same", "reflect", "reflect same", "grouped", "no bias"];

    [TorchTheory]
    [MemberData(nameof(Geometries))]
    public void A_convolution_has_the_geometry_of_the_plain_one(string geometry)
    {
        using var plain = Geometry(geometry);
        using var layer = new SparseConv2d(plain, 0.5, 1e-3);
        using var back = layer.ToConv2d();
        using var x = Operators.Normal(2, ScalarType.Float32, 2, 4, 9, 8);
        using var weight = layer.sparse_weight();
        using (no_grad())
        {
            plain.weight.copy_(weight);
        }

        using var expected = plain.call(x);
        using var y = layer.call(x);
        using var hard = back.call(x);
        Assert.Equal(Operators.Entries<float>(expected), Operators.Entries<float>(y));
        Assert.Equal(y.shape, hard.shape);
        Assert.Equal(new LayerSparsity(nameof(Conv2d), weight.numel(), weight.numel() / 2), SparsityReport.Of(back).Layers.Single());
    }

    [TorchFact]
    public void Same_padding_that_reflects_keeps_the_size_under_an_oblong_kernel()
    {
        using var plain = nn.Conv2d(1, 1, (4, 3), Padding.Same, padding_mode: PaddingModes.Reflect);
        using var layer = new SparseConv2d(plain, 0, 1e-3);
        using var x = Operators.Normal(8, ScalarType.Float32, 1, 1, 9, 8);
        using var y = layer.call(x);
        Assert.Equal(x.shape, y.shape);
    }

    [TorchFact]
    public void Gradients_reach_the_raw_weight_through_the_operator()
    {
        using var layer = new SparseLinear(6, 4, 0.5, 0.3, dtype: ScalarType.Float64);
        using var x = Operators.Normal(3, ScalarType.Float64, 8, 6);
        using var loss = layer.call(x).pow(2).sum();
        loss.backward();
        using var z = layer.sparse_weight().detach().requires_grad_();
        using var direct = nn.functional.linear(x, z, layer.bias).pow(2).sum();
        direct.backward();
        var expected = TopKOperator.Magnitude.CoreVjp(
            Operators.Entries<double>(layer.weight), Operators.Entries<double>(z.grad!), 24, 12, PNorm.Quadratic(0.3));
        var gradient = Operators.Entries<double>(layer.weight.grad!);
        Assert.All(expected.Zip(gradient), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        Assert.Contains(gradient, v => v == 0);
        Assert.NotNull(layer.bias!.grad);
    }

    [TorchFact]
    public void State_goes_round_through_a_file_and_into_a_plain_layer()
    {
        using var layer = new SparseConv2d(3, 5, (3, 3), 0.6, 0.2);
        using var copy = new SparseConv2d(3, 5, (3, 3), 0.6, 0.2);
        using var plain = nn.Conv2d(3, 5, 3);
        var path = Path.GetTempFileName();
        layer.save(path);
        copy.load(path);
        plain.load(path);
        File.Delete(path);
        using var x = Operators.Normal(4, ScalarType.Float32, 1, 3, 6, 6);
        using var first = layer.call(x);
        using var second = copy.call(x);
        Assert.Equal(Operators.Entries<float>(first), Operators.Entries<float>(second));
        Assert.Equal(Operators.Entries<float>(layer.weight), Operators.Entries<float>(plain.weight));
    }

    [TorchFact]
    public void Conversions_keep_the_parameters_registered()
    {
        using var layer = new SparseLinear(6, 4, 0.5, 0.3);
        using var model = nn.Sequential(layer);
        model.to(ScalarType.Float64);
        using var x = Operators.Normal(5, ScalarType.Float64, 2, 6);
        using var loss = model.call(x).sum();
        loss.backward();
        Assert.Equal(ScalarType.Float64, layer.weight.dtype);
        Assert.Equal(["0.weight", "0.bias"], model.named_parameters().Select(pair => pair.name));
        Assert.Same(layer.weight, model.parameters().First());
        Assert.NotNull(model.parameters().First().grad);
        layer.bias = null;
        Assert.Equal(["0.weight"], model.named_parameters().Select(pair => pair.name));
    }

    [TorchFact]
    public void Training_lowers_a_loss_and_the_plain_layer_computes_the_same()
    {
        using var all = NewDisposeScope();
        var (sparsity, lambda) = (Schedule.Cubic(0, 0.9, 200, 50), Schedule.Exponential(1, 1e-4, 200, 50));
        var layer = new SparseLinear(10, 10, 0, 1, hasBias: false);
        nn.init.zeros_(layer.weight);
        var optimizer = optim.Adam(layer.parameters(), 0.02);
        var x = Operators.Normal(6, ScalarType.Float32, 64, 10);
        var losses = new List<float>();
        for (var step = 0; step < 300; step++)
        {
            using var scope = NewDisposeScope();
            (layer.sparsity, layer.lambda) = (sparsity.At(step), lambda.At(step));
            optimizer.zero_grad();
            var loss = (layer.call(x) - x).pow(2).mean(); // The identity has 10 weights of 100.
            loss.backward();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        using var plain = layer.ToLinear();
        using var weight = layer.sparse_weight();
        Assert.True(losses[^1] < 0.05 * losses[0], $"from {losses[0]} to {losses[^1]}");
        Assert.Equal(10, SparsityReport.Of(plain).Nonzero);
        Assert.Equal(Operators.Entries<float>(weight), Operators.Entries<float>(plain.weight));
        Assert.Null(plain.bias);
    }

    [TorchFact]
    public void Settings_are_checked_and_named()
    {
        using var layer = new SparseLinear(3, 2, 0.5, 1);
        Named("sparsity", () => new SparseLinear(3, 2, 1.1, 1));
        Named("lambda", () => new SparseLinear(3, 2, 0.5, 0));
        Named("p", () => new SparseConv2d(3, 2, (1, 1), 0.5, 1, 0.9));
        Named("solver", () => new SparseLinear(3, 2, 0.5, 1, solver: (TopKSolver)7));
        Named("layer", () => new SparseLinear(null!, 0.5, 1));
        Named("layer", () => new SparseConv2d(null!, 0.5, 1));
        Named("sparsity", () => layer.sparsity = double.NaN);
        Named("lambda", () => layer.lambda = -1);
        Named("weight", () => layer.weight = null!);
        Assert.Equal("SparseLinear(2x3, sparsity=0.5, lambda=1, p=2)", layer.ToString());
    }

    private static void Named(string argument, Func<object> call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private static Conv2d Geometry(string name) => name switch
    {
        "strided" => nn.Conv2d(4, 6, (3, 2), stride: (2, 1), padding: (1, 2), dilation: (1, 2)),
        "same" => nn.Conv2d(4, 6, 3, Padding.Same),
        "reflect" => nn.Conv2d(4, 6, (3, 3), padding: (2, 1), padding_mode: PaddingModes.Reflect),
        "reflect same" => nn.Conv2d(4, 6, (4, 4), Padding.Same, padding_mode: PaddingModes.Reflect),
        "grouped" => nn.Conv2d(4, 6, 3, groups: 2),
        "no bias" => nn.Conv2d(4, 6, 1, bias: false),
        _ => nn.Conv2d(4, 6, 3),
    };
}
