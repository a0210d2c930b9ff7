using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Saving and loading in the middle, reports, and what is refused.</summary>
public sealed class PrunerStateTests : IDisposable
{
    private static readonly PruningOptions Gradual = new()
    {
        Sparsity = Schedule.Linear(0, 0.8, 30),
        Lambda = Schedule.Cosine(1, 1e-3, 30),
        Scope = PruningScope.Global,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [TorchFact]
    public void Training_that_is_saved_and_loaded_goes_on_bit_for_bit()
    {
        using var all = NewDisposeScope();
        var (x, y) = Models.Data();
        var model = Models.Mlp();
        var optimizer = optim.Adam(model.parameters(), 0.01);
        using var pruner = new MagnitudePruner(model, Gradual);
        Train(model, optimizer, pruner);
        model.save(At("model"));
        optimizer.save_state_dict(At("optimizer"));
        pruner.Save(At("pruner"));
        Train(model, optimizer, pruner);

        var again = Models.Mlp(seed: 99);
        var optimizerAgain = optim.Adam(again.parameters(), 0.5);
        using var prunerAgain = new MagnitudePruner(again, Gradual);
        again.load(At("model"));
        optimizerAgain.load_state_dict(At("optimizer"));
        prunerAgain.Load(At("pruner"));
        Assert.Equal(20, prunerAgain.StepCount);
        Train(again, optimizerAgain, prunerAgain);
        Assert.Equal(pruner.Report().Layers, prunerAgain.Report().Layers);
        Assert.Equal(Models.Parameters(model), Models.Parameters(again));

        void Train(Sequential m, Adam o, MagnitudePruner p)
        {
            for (var step = 0; step < 20; step++)
            {
                Models.TrainStep(m, o, p, x, y);
            }
        }
    }

    [TorchFact]
    public void States_of_other_models_and_other_data_are_refused()
    {
        using var model = Models.Mlp();
        using var other = nn.Sequential(("first", nn.Linear(8, 20)), ("second", nn.Linear(20, 9)), ("last", nn.Linear(9, 2)));
        using var short_ = nn.Sequential(nn.Linear(8, 20));
        using var pruner = new MagnitudePruner(model, Gradual);
        pruner.StepCount = 5;
        foreach (var wrong in new[] { other, short_ })
        {
            using var stranger = new MagnitudePruner(wrong, Gradual);
            stranger.Save(At("other"));
            Assert.Throws<InvalidDataException>(() => pruner.Load(At("other")));
        }

        using (var writer = new BinaryWriter(File.Create(At("text"))))
        {
            writer.Write("something else");
        }

        Assert.Throws<InvalidDataException>(() => pruner.Load(At("text")));
        pruner.Save(At("whole"));
        File.WriteAllBytes(At("half"), File.ReadAllBytes(At("whole"))[..45]);
        Assert.Throws<EndOfStreamException>(() => pruner.Load(At("half")));
        Assert.Equal(5, pruner.StepCount);
    }

    [TorchFact]
    public void The_report_counts_and_prints_a_table()
    {
        using var model = Models.Mlp();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.75, 1e-9));
        var report = pruner.Report();
        Assert.Equal([new("first", 160, 40), new("second", 200, 50), new("last", 20, 5)], report.Layers);
        Assert.Equal((380, 95, 0.75), (report.Entries, report.Nonzero, report.Sparsity));
        Assert.Equal(
            """
            layer       entries      nonzero  sparsity
            first           160           40    75.00%
            second          200           50    75.00%
            last             20            5    75.00%
            total           380           95    75.00%

            """, report.ToString());
        Assert.Equal(380, SparsityReport.Of(model).Nonzero);
        using var none = nn.ReLU();
        Assert.Equal((0, 0.0), (SparsityReport.Of(none).Entries, SparsityReport.Of(none).Sparsity));
    }

    [TorchFact]
    public void The_step_may_be_set()
    {
        using var model = Models.Mlp();
        using var pruner = new MagnitudePruner(model, Gradual with { Scope = PruningScope.PerLayer, Lambda = Schedule.Constant(1e-9) });
        using (pruner.UseSparseWeights())
        {
            pruner.StepCount = 15;
            Assert.Equal(0.4, SparsityReport.Of(model).Sparsity, 1e-12);
            pruner.StepCount = 29;
            pruner.Step();
        }

        Assert.Equal((30, 0.8, 1e-9), (pruner.StepCount, pruner.Sparsity, pruner.Lambda));
        Assert.Equal(0.8, pruner.Report().Sparsity);
        Assert.Equal(0, SparsityReport.Of(model).Sparsity);
    }

    [TorchTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Layers_that_are_used_by_forward_are_noticed_whoever_calls_the_model(bool call)
    {
        using var all = NewDisposeScope();
        var model = new CustomModel(byForward: true);
        var x = Operators.Normal(1, ScalarType.Float32, 2, 1, 6, 6);
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        Pass();
        pruner.Step();
        Pass();
        pruner.Report();
        using (no_grad())
        {
            model.call(x);
        }

        var error = Assert.Throws<InvalidOperationException>(pruner.Step);
        Assert.Contains("_conv", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, pruner.StepCount);
        using (pruner.UseSparseWeights())
        {
            model.forward(x).sum().backward();
            pruner.Step();
            model.forward(x).sum().backward();
        }

        pruner.Step();
        Assert.Equal(3, pruner.StepCount);

        void Pass() => (call ? model.call(x) : model.forward(x)).sum().backward();
    }

    [TorchFact]
    public void A_model_that_calls_its_layers_is_right_by_forward_too()
    {
        using var all = NewDisposeScope();
        var (sequential, custom) = (Models.Mlp(), new CustomModel());
        using var first = new MagnitudePruner(sequential, Models.Fixed(0.5, 0.1));
        using var second = new MagnitudePruner(custom, Models.Fixed(0.5, 0.1));
        foreach (var (model, x) in new (nn.Module<Tensor, Tensor>, Tensor)[] { (sequential, Models.Data().X), (custom, rand(2, 1, 6, 6)) })
        {
            model.eval();
            using var constant = no_grad();
            Assert.Equal(Operators.Entries<float>(model.call(x)), Operators.Entries<float>(model.forward(x)));
        }
    }

    [TorchFact]
    public void A_layer_has_one_pruner_at_a_time()
    {
        using var model = Models.Mlp();
        using (var first = new MagnitudePruner(model, Models.Fixed(0.5, 1) with { Filter = (name, _) => name == "first" }))
        {
            Named("model", () => new MagnitudePruner(model, Models.Fixed(0.5, 1)));
            using var other = new MagnitudePruner(model, Models.Fixed(0.5, 1) with { Filter = (name, _) => name == "second" });
            Assert.Equal(["second"], other.Layers);
        }

        using var second = new MagnitudePruner(model, Models.Fixed(0.5, 1));
        Assert.Equal(["first", "second", "last"], second.Layers);
    }

    [TorchFact]
    public void What_cannot_be_pruned_is_refused_and_named()
    {
        using var model = Models.Mlp();
        using var none = nn.Sequential(nn.ReLU());
        var options = Models.Fixed(0.5, 1);
        var own = new Dictionary<string, Schedule> { ["third"] = Schedule.Constant(0.5) };
        Named("model", () => new MagnitudePruner(null!, options));
        Named("options", () => new MagnitudePruner(model, null!));
        Named("model", () => new MagnitudePruner(none, options));
        Named("model", () => new MagnitudePruner(model, options with { Filter = (_, _) => false }));
        Named("options", () => new MagnitudePruner(model, options with { LayerSparsity = own }));
        Named("options", () => new MagnitudePruner(model, options with { LayerSparsity = own, Scope = PruningScope.Global }));
        Named("model", () => SparsityReport.Of(null!));
        using var pruner = new MagnitudePruner(model, options);
        Named("value", () => pruner.StepCount = -1);
        Named("writer", () => { pruner.Save((BinaryWriter)null!); return 0; });
        Named("reader", () => { pruner.Load((BinaryReader)null!); return 0; });
        using (pruner.UseSparseWeights())
        {
            Assert.Throws<InvalidOperationException>(pruner.MakePermanent);
        }

        pruner.Dispose();
        pruner.Dispose();
        Assert.Throws<ObjectDisposedException>(pruner.Report);
        Assert.Throws<ObjectDisposedException>(pruner.UseSparseWeights);
        Assert.Throws<ObjectDisposedException>(pruner.MakePermanent);
        Assert.Throws<ObjectDisposedException>(() => pruner.StepCount = 3);
    }

    [TorchFact]
    public void Global_pruning_of_mixed_types_is_refused_and_leaves_the_model_alone()
    {
        using var model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3, dtype: ScalarType.Float64));
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 1, PruningScope.Global));
        using var x = ones(1, 3);
        var weight = ((Linear)model[0]).weight;
        var error = Assert.Throws<InvalidOperationException>(() => model.call(x));
        Assert.Contains("Float64", error.Message, StringComparison.Ordinal);
        Assert.Same(weight, ((Linear)model[0]).weight);
    }

    private static void Named<T>(string argument, Func<T> call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(() => call()).ParamName);

    private string At(string name) => Path.Combine(_folder, name);
}
