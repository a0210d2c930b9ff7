using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Weights that are not finite, layers of few weights, and the step whose settings count.</summary>
public class DamageTests
{
    [TorchTheory]
    [InlineData(PruningScope.PerLayer, double.NaN)]
    [InlineData(PruningScope.Global, double.NaN)]
    [InlineData(PruningScope.Global, double.NegativeInfinity)]
    public void A_weight_that_is_not_finite_stops_the_end_before_anything_changes(PruningScope scope, double value)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        using (no_grad())
        {
            model.get_parameter("second.weight")![3, 4] = value;
        }

        var before = Models.Parameters(model);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, scope));
        var error = Assert.Throws<InvalidOperationException>(pruner.MakePermanent);
        Assert.Contains("'second'", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Models.Parameters(model));
        using (no_grad())
        {
            model.get_parameter("second.weight")![3, 4] = 1;
        }

        Assert.Equal(190, pruner.MakePermanent().Nonzero);
    }

    [TorchFact]
    public void A_sparse_layer_whose_weight_is_not_finite_does_not_become_a_plain_one()
    {
        using var layer = new SparseLinear(4, 3, 0.5, 0.1);
        using var convolution = new SparseConv2d(2, 4, (3, 3), 0.5, 0.1);
        using var constant = no_grad();
        layer.weight.fill_(double.NaN);
        convolution.weight.fill_(double.PositiveInfinity);
        Assert.Throws<InvalidOperationException>(layer.ToLinear);
        Assert.Throws<InvalidOperationException>(convolution.ToConv2d);
    }

    [TorchFact]
    public void Rounding_leaves_a_small_layer_one_weight()
    {
        using var all = NewDisposeScope();
        var small = nn.Linear(4, 2, hasBias: false);
        using var pruner = new MagnitudePruner(small, Models.Fixed(0.95, 0.1));
        Assert.Contains(Operators.Entries<float>(small.call(ones(1, 4))), v => v != 0);
        Assert.Equal([new("Linear", 8, 1)], pruner.MakePermanent().Layers);
        using var sparse = new SparseLinear(4, 2, 0.95, 1e-9);
        Assert.Equal(1, sparse.sparse_weight().count_nonzero().item<long>());
        sparse.sparsity = 1;
        Assert.Equal(0, sparse.sparse_weight().count_nonzero().item<long>());
    }

    [TorchFact]
    public void A_report_has_sparse_layers_and_names_a_model_that_is_one()
    {
        using var all = NewDisposeScope();
        var convolution = new SparseConv2d(2, 4, (3, 3), 0.5, 1e-9);
        var model = nn.Sequential(("plain", nn.Linear(4, 3)), ("sparse", new SparseLinear(4, 3, 0.75, 1e-9)), ("image", convolution));
        Assert.Equal([new("plain", 12, 12), new("sparse", 12, 3), new("image", 72, 36)], SparsityReport.Of(model).Layers);
        Assert.Equal([new("SparseConv2d", 72, 36)], SparsityReport.Of(convolution).Layers);
        Assert.Equal([new("Linear", 12, 12)], SparsityReport.Of(nn.Linear(4, 3)).Layers);
    }

    [TorchFact]
    public void The_schedules_count_at_the_step_and_not_at_the_next()
    {
        using var all = NewDisposeScope();
        var layer = nn.Linear(20, 10);
        var options = new PruningOptions { Sparsity = Schedule.Linear(0.1, 0.7, 6), Lambda = Schedule.Exponential(2, 0.01, 6) };
        using var pruner = new MagnitudePruner(layer, options);
        for (var step = 0; step < 8; step++)
        {
            var expected = Functional.topk_magnitude(
                layer.weight.reshape(-1), 200 - (long)Math.Round(200 * options.Sparsity.At(step)), options.Lambda.At(step));
            using (pruner.UseSparseWeights())
            {
                Assert.Equal(Operators.Entries<float>(expected), Operators.Entries<float>(layer.weight.reshape(-1)));
            }

            pruner.Step();
        }
    }

    [TorchFact]
    public void A_state_that_is_damaged_anywhere_is_refused()
    {
        using var model = Models.Mlp();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        pruner.StepCount = 1234;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        pruner.Save(writer);
        var (state, random) = (stream.ToArray(), new Random(1));
        Load(state);
        for (var i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. state];
            for (var bytes = random.Next(1, 4); bytes > 0; bytes--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            }

            if (!damaged.SequenceEqual(state))
            {
                Assert.True(Record.Exception(() => Load(damaged)) is InvalidDataException or EndOfStreamException, Convert.ToHexString(damaged));
            }
        }

        Assert.Equal(1234, pruner.StepCount);

        void Load(byte[] data)
        {
            using var reader = new BinaryReader(new MemoryStream(data));
            pruner.Load(reader);
        }
    }
}
