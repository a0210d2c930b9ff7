using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Inside a use, whatever reads the model sees the sparse weights.</summary>
public sealed class LentWeightTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [TorchTheory]
    [InlineData(PruningScope.PerLayer, true)]
    [InlineData(PruningScope.PerLayer, false)]
    [InlineData(PruningScope.Global, true)]
    public void Parameters_the_state_and_what_is_saved_are_sparse(PruningScope scope, bool gradients)
    {
        using var all = NewDisposeScope();
        using var mode = set_grad_enabled(gradients);
        var (model, again) = (Models.Mlp(), Models.Mlp(seed: 9));
        var keys = model.state_dict().Keys.ToArray();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.8, 1e-9, scope));
        var (x, _) = Models.Data();
        var expected = Operators.Entries<float>(model.call(x));
        using (pruner.UseSparseWeights())
        {
            Assert.Equal(76, Nonzero(model.parameters()));
            Assert.Equal(76, Nonzero(model.named_parameters().Select(pair => pair.parameter)));
            Assert.Equal(76, Nonzero(model.state_dict().Values));
            Assert.Equal(keys, model.state_dict().Keys);
            Assert.Equal(76, SparsityReport.Of(model).Nonzero);
            model.save(_file);
        }

        Assert.Equal(380, Nonzero(model.parameters()));
        again.load(_file);
        Assert.Equal(76, Nonzero(again.parameters()));
        Assert.Equal(expected, Operators.Entries<float>(again.call(x)));
    }

    [TorchFact]
    public void Gradients_of_a_use_reach_the_raw_parameters_of_the_optimizer()
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var optimizer = optim.SGD(model.parameters(), 0.1);
        var (x, y) = Models.Data();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        var before = Models.Parameters(model);
        double first = double.NaN, last = double.NaN;
        for (var step = 0; step < 20; step++)
        {
            optimizer.zero_grad();
            using (pruner.UseSparseWeights())
            {
                nn.functional.mse_loss(model.forward(x), y).mul(0.5f).backward();
                var loss = nn.functional.mse_loss(model.call(x), y);
                loss.mul(0.5f).backward();
                last = loss.item<float>();
                first = step == 0 ? last : first;
            }

            optimizer.step();
            pruner.Step();
        }

        Assert.True(last < 0.9 * first, $"{first} to {last}");
        Assert.Equal(20, pruner.StepCount);
        Assert.NotEqual(before, Models.Parameters(model));
        Assert.Equal(380, Nonzero(model.parameters()));
    }

    private static long Nonzero(IEnumerable<Tensor> tensors) =>
        tensors.Where(tensor => tensor.dim() == 2).Sum(tensor => tensor.count_nonzero().item<long>());
}
