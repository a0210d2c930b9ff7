using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Weights that a layer shares with other modules: refused, and both are named.</summary>
public class SharedWeightTests
{
    [TorchFact]
    public void A_weight_that_an_embedding_has_too_is_refused()
    {
        using var all = NewDisposeScope();
        var embedding = nn.Embedding(8, 4);
        Refused(Of(("embedding", embedding), ("head", nn.Linear(embedding.weight!))), "'head'", "'embedding.weight'");
        var (taking, head) = (nn.Embedding(8, 4), nn.Linear(4, 8));
        taking.weight = head.weight;
        Refused(Of(("embedding", taking), ("head", head)), "'head'", "'embedding.weight'");
    }

    [TorchFact]
    public void A_weight_that_another_layer_has_too_is_refused_filtered_or_not()
    {
        using var all = NewDisposeScope();
        var weight = nn.Parameter(rand(4, 4));
        Refused(Of(("one", nn.Linear(weight)), ("two", nn.Linear(weight))), "'one'", "'two.weight'");
        Refused(Of(("one", nn.Linear(weight)), ("two", nn.Linear(weight))), "'one'", "'two.weight'", name => name == "one");
    }

    [TorchTheory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_view_of_a_weight_and_a_buffer_are_seen(ScalarType type)
    {
        using var all = NewDisposeScope();
        var layer = nn.Linear(4, 8, dtype: type);
        var bag = Of(("layer", layer));
        bag.register_buffer("view", layer.weight.detach().t().narrow(1, 1, 3));
        Refused(bag, "'layer'", ".view'");
    }

    [TorchFact]
    public void Weights_that_are_left_out_may_be_shared_and_one_layer_may_be_used_twice()
    {
        using var all = NewDisposeScope();
        var embedding = nn.Embedding(8, 4);
        using var tied = new MagnitudePruner(
            Of(("embedding", embedding), ("free", nn.Linear(4, 4)), ("head", nn.Linear(embedding.weight!))),
            Models.Fixed(0.5, 1) with { Filter = (name, _) => name == "free" });
        var layer = nn.Linear(4, 4);
        using var twice = new MagnitudePruner(nn.Sequential(("first", layer), ("second", layer)), Models.Fixed(0.5, 1));
        Assert.Equal(["first"], twice.Layers);
    }

    private static Modules Of(params (string Name, nn.Module Module)[] modules) => new(modules);

    private static void Refused(nn.Module model, string layer, string other, Func<string, bool>? filter = null)
    {
        var options = Models.Fixed(0.5, 1) with { Filter = (name, _) => filter is null || filter(name) };
        var error = Assert.Throws<ArgumentException>(() => new MagnitudePruner(model, options));
        Assert.Equal("model", error.ParamName);
        Assert.Contains(layer, error.Message, StringComparison.Ordinal);
        Assert.Contains(other, error.Message, StringComparison.Ordinal);
    }

    private sealed class Modules : nn.Module
    {
        public Modules((string Name, nn.Module Module)[] modules)
            : base(nameof(Modules)) => Array.ForEach(modules, pair => register_module(pair.Name, pair.Module));
    }
}
