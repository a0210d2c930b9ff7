using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Pruning while training: schedules, the end, and what optimizers keep.</summary>
public class TrainingTests
{
    private static readonly PruningOptions Gradual = new()
    {
        Sparsity = Schedule.Cubic(0, 0.8, 100, 20),
        Lambda = Schedule.Exponential(1, 1e-4, 100, 20),
    };

    [TorchTheory]
    [InlineData(PruningScope.PerLayer, false)]
    [InlineData(PruningScope.PerLayer, true)]
    [InlineData(PruningScope.Global, false)]
    public void The_loss_falls_while_the_sparsity_follows_the_schedule_to_its_exact_end(PruningScope scope, bool optimizerLast)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (x, y) = Models.Data();
        var early = optim.Adam(model.parameters(), 0.01);
        using var pruner = new MagnitudePruner(model, Gradual with { Scope = scope });
        var optimizer = optimizerLast ? optim.Adam(model.parameters(), 0.01) : early;
        var first = Models.TrainStep(model, optimizer, pruner, x, y);
        var loss = first;
        for (var step = 1; step < 200; step++)
        {
            Assert.Equal(Gradual.Sparsity.At(step), pruner.Sparsity);
            Assert.Equal(Gradual.Lambda.At(step), pruner.Lambda);
            loss = Models.TrainStep(model, optimizer, pruner, x, y);
        }

        Assert.True(loss < 0.5 * first, $"from {first} to {loss}");
        var soft = pruner.Report();
        var before = nn.functional.mse_loss(model.call(x), y).item<float>();
        var hard = pruner.MakePermanent();
        Assert.Equal(380, hard.Entries);
        Assert.Equal(76, hard.Nonzero);
        Assert.Equal(0.8, hard.Sparsity);
        Assert.Equal(hard.Layers, SparsityReport.Of(model).Layers);
        Assert.True(soft.Nonzero >= hard.Nonzero);
        if (scope == PruningScope.PerLayer)
        {
            Assert.All(hard.Layers, layer => Assert.Equal(0.8, layer.Sparsity, 1e-12));
        }
        else
        {
            Assert.Contains(hard.Layers, layer => Math.Abs(layer.Sparsity - 0.8) > 0.02);
        }

        var after = nn.functional.mse_loss(model.call(x), y).item<float>();
        Assert.Equal(before, after, 1e-3);
        Assert.Throws<ObjectDisposedException>(pruner.Step);
    }

    [TorchTheory]
    [InlineData(PruningScope.PerLayer)]
    [InlineData(PruningScope.Global)]
    public void Where_no_more_than_k_entries_are_left_the_model_computes_the_same_afterwards(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (x, _) = Models.Data();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.9, 1e-9, scope));
        var before = Operators.Entries<float>(model.call(x));
        Assert.Equal(38, pruner.Report().Nonzero);
        Assert.Equal(38, pruner.MakePermanent().Nonzero);
        Assert.Equal(before, Operators.Entries<float>(model.call(x)));
    }

    [TorchFact]
    public void What_stays_are_the_largest_soft_weights()
    {
        using var all = NewDisposeScope();
        var layer = nn.Linear(40, 10);
        var weight = layer.weight;
        var soft = Operators.Entries<float>(Functional.topk_magnitude(weight.reshape(-1), 100, 5));
        using var pruner = new MagnitudePruner(layer, Models.Fixed(0.75, 5));
        var bound = soft.Select(Math.Abs).OrderDescending().ElementAt(99);
        Assert.True(pruner.Report().Nonzero > 100);
        pruner.MakePermanent();
        Assert.Same(weight, layer.weight);
        Assert.Equal(soft.Select(v => Math.Abs(v) >= bound ? v : 0), Operators.Entries<float>(weight));
    }

    [TorchFact]
    public void Ties_and_extremes_end_with_exact_counts()
    {
        foreach (var (sparsity, kept) in new[] { (0.0, 12L), (1.0, 0L), (0.5, 6L), (0.49, 6L), (0.04, 12L), (0.96, 1L), (0.999, 1L) })
        {
            using var layer = nn.Linear(4, 3);
            nn.init.ones_(layer.weight);
            using var pruner = new MagnitudePruner(layer, Models.Fixed(sparsity, 0.1));
            Assert.Equal(kept, pruner.MakePermanent().Nonzero);
        }
    }

    [TorchFact]
    public void A_pruner_that_prunes_nothing_changes_no_bit_of_the_training()
    {
        using var all = NewDisposeScope();
        var (x, y) = Models.Data();
        var models = new[] { Models.Mlp(), Models.Mlp() };
        foreach (var (model, prune) in models.Zip([true, false]))
        {
            var optimizer = optim.Adam(model.parameters(), 0.01);
            using var pruner = prune ? new MagnitudePruner(model, Models.Fixed(0, 1)) : null;
            for (var step = 0; step < 10; step++)
            {
                Models.TrainStep(model, optimizer, pruner, x, y);
            }
        }

        Assert.Equal(Models.Parameters(models[1]), Models.Parameters(models[0]));
    }

    [TorchFact]
    public void The_state_of_an_optimizer_survives_attaching_and_the_end()
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (x, y) = Models.Data();
        var optimizer = optim.Adam(model.parameters(), 0.01);
        for (var step = 0; step < 5; step++)
        {
            Models.TrainStep(model, optimizer, null, x, y);
        }

        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        for (var step = 0; step < 5; step++)
        {
            Models.TrainStep(model, optimizer, pruner, x, y);
        }

        pruner.MakePermanent();
        Models.TrainStep(model, optimizer, null, x, y);
        var states = optimizer.state_dict().State;
        Assert.Equal(6, states.Count);
        Assert.All(states, state => Assert.Equal(11, ((Adam.State)state).step));
        Assert.All(states, state => Assert.NotEqual(0, ((Adam.State)state).exp_avg.abs().sum().item<float>()));
    }

    [TorchFact]
    public void One_layer_may_differ_and_others_stay_dense()
    {
        using var model = Models.Mlp();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 1e-6) with
        {
            Filter = (name, _) => name != "last",
            LayerSparsity = new Dictionary<string, Schedule> { ["second"] = Schedule.Constant(0.9) },
        });
        Assert.Equal([new("first", 160, 80), new("second", 200, 20)], pruner.MakePermanent().Layers);
        Assert.Equal(new LayerSparsity("last", 20, 20), SparsityReport.Of(model).Layers[2]);
    }

    [TorchFact]
    public void A_model_may_be_converted_in_the_middle()
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, PruningScope.Global));
        model.to(ScalarType.Float64);
        var (x, y) = Models.Data(type: ScalarType.Float64);
        var optimizer = optim.SGD(model.parameters(), 0.1);
        var first = Models.TrainStep(model, optimizer, pruner, x, y);
        Assert.True(Models.TrainStep(model, optimizer, pruner, x, y) < first);
        Assert.Equal(190, pruner.MakePermanent().Nonzero);
        Assert.All(model.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
    }

    [TorchTheory]
    [InlineData(PruningScope.PerLayer)]
    [InlineData(PruningScope.Global)]
    public void Training_leaves_no_tensors_behind(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var (x, y) = Models.Data(8);
        var optimizer = optim.Adam(model.parameters(), 1e-3);
        using var pruner = new MagnitudePruner(model, Gradual with { Scope = scope });
        Run(60);
        var (live, registered) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, all.DisposablesCount);
        Run(1000);
        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(registered, all.DisposablesCount);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                Models.TrainStep(model, optimizer, pruner, x, y);
            }
        }
    }

    [TorchFact]
    public void A_forward_pass_adds_its_result_alone_to_the_scope_of_the_caller()
    {
        using var model = Models.Mlp();
        var (x, _) = Models.Data(8);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        using var scope = NewDisposeScope();
        var y = model.call(x);
        Assert.Equal(1, scope.DisposablesCount);
        Assert.True(scope.Contains(y));
        pruner.Report();
        pruner.MakePermanent();
        Assert.Equal(1, scope.DisposablesCount);
        x.Dispose();
    }
}
