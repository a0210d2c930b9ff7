using SparseTopK.Torch.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Modules in use: optimizers, saving, moving, and what a thousand steps leave behind.</summary>
public class TrainingTests
{
    [TorchTheory]
    [InlineData(RoutingChoice.Token)]
    [InlineData(RoutingChoice.Expert)]
    public void A_mixture_learns_what_no_single_expert_can(RoutingChoice choice)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var x = Operators.Normal(1, ScalarType.Float32, 256, 4);
        var side = (x.narrow(1, 0, 1) > 0).to(ScalarType.Float32);
        var target = (side * x.matmul(Operators.Normal(2, ScalarType.Float32, 4, 2))) + ((1 - side) * x.matmul(Operators.Normal(3, ScalarType.Float32, 4, 2)));
        var router = new TopKRouter(4, 4, 1, 0.5, choice: choice, scaling: GateScaling.Softmax, noise: 0.1, seed: 5);
        var moe = new MixtureOfExperts(router, [.. Enumerable.Range(0, 4).Select(_ => (nn.Module<Tensor, Tensor>)nn.Linear(4, 2))]);
        using var optimizer = optim.Adam(moe.parameters(), 0.02);
        var losses = new List<double>();
        for (var step = 0; step < 200; step++)
        {
            using var inner = NewDisposeScope();
            var y = moe.forward(x, null, out var routing);
            var error = nn.functional.mse_loss(y, target);
            optimizer.zero_grad();
            (error + (0.01 * routing.load_balancing_loss())).backward();
            optimizer.step();
            losses.Add(error.item<float>());
        }

        Assert.True(losses[^1] < 0.3 * losses[0], $"{losses[0]} to {losses[^1]}");
    }

    [TorchFact]
    public void An_expert_without_a_token_keeps_its_weights_and_the_optimizer_goes_on()
    {
        using var scope = NewDisposeScope();
        var gates = zeros(6, 3, ScalarType.Float64);
        gates[TensorIndex.Colon, 1] = 1;
        var experts = MixtureOfExpertsTests.Experts(3);
        var moe = new MixtureOfExperts(new GivenGates(gates), experts);
        using var optimizer = optim.AdamW(moe.parameters(), 0.1, weight_decay: 0.1);
        var before = experts.Select(e => Operators.Entries<double>(e.parameters().First())).ToArray();
        for (var step = 0; step < 3; step++)
        {
            optimizer.zero_grad();
            moe.call(Operators.Normal(4, ScalarType.Float64, 6, 4)).square().sum().backward();
            optimizer.step();
        }

        var after = experts.Select(e => Operators.Entries<double>(e.parameters().First())).ToArray();
        Assert.Equal(before[0], after[0]);
        Assert.NotEqual(before[1], after[1]);
        Assert.Equal(before[2], after[2]);
        Assert.All(experts[0].parameters(), p => Assert.Null(p.grad));
    }

    [TorchFact]
    public void The_losses_train_a_classifier_for_its_top_k()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(5, ScalarType.Float64, 200, 6);
        var classes = (x.matmul(Operators.Normal(6, ScalarType.Float64, 6, 8)) + Operators.Normal(7, ScalarType.Float64, 200, 8)).argmax(1);
        foreach (var loss in new Loss<Tensor, Tensor, Tensor>[] { new TopKLoss(2, 4), new TopKLoss([0.5, 0.5], 4), new TopKFenchelYoungLoss(2, 1) })
        {
            manual_seed(1);
            using var model = nn.Linear(6, 8, dtype: ScalarType.Float64);
            using var optimizer = optim.Adam(model.parameters(), 0.05);
            var before = TopKLossTests.Errors(model.call(x), classes, 2).Average();
            var (first, last) = (double.NaN, double.NaN);
            for (var step = 0; step < 100; step++)
            {
                using var inner = NewDisposeScope();
                var value = loss.call(model.call(x), classes);
                optimizer.zero_grad();
                value.backward();
                optimizer.step();
                last = value.item<double>();
                first = step == 0 ? last : first;
            }

            var after = TopKLossTests.Errors(model.call(x), classes, 2).Average();
            Assert.True(last < 0.6 * first, $"{loss.GetType().Name}: {first} to {last}");
            Assert.True(after < 0.5 * before, $"{loss.GetType().Name}: errors {before} to {after}");
        }
    }

    [TorchFact]
    public void A_mixture_is_saved_loaded_and_moved()
    {
        using var scope = NewDisposeScope();
        MixtureOfExperts Make() => new(new TopKRouter(4, 2, 1, 1), nn.Linear(4, 3), nn.Sequential(nn.Linear(4, 3), nn.ReLU()));
        var (from, to) = (Make(), Make());
        Assert.Equal(
            ["router.gate.weight", "experts.0.weight", "experts.0.bias", "experts.1.0.weight", "experts.1.0.bias", "router.lambda"], from.state_dict().Keys);
        var x = Operators.Normal(8, ScalarType.Float32, 5, 4);
        Assert.NotEqual(Operators.Entries<float>(from.call(x)), Operators.Entries<float>(to.call(x)));
        using var saved = new MemoryStream();
        from.save(saved); // Closes it.
        using var stream = new MemoryStream(saved.ToArray());
        to.load(stream);
        Assert.Equal(Operators.Entries<float>(from.call(x)), Operators.Entries<float>(to.call(x)));
        to.to(ScalarType.Float64);
        to.eval();
        var y = to.call(x.to(ScalarType.Float64));
        Assert.Equal(ScalarType.Float64, y.dtype);
        Assert.All(to.modules(), m => Assert.False(m.training));
        Assert.Equal(Operators.Entries<float>(from.call(x)), Operators.Entries<double>(y).Select(v => (float)v), (a, b) => Math.Abs(a - b) < 1e-6f);
    }

    [TorchFact]
    public void Only_results_are_left_to_the_caller()
    {
        using var scope = NewDisposeScope();
        var (x, y) = (Operators.Normal(9, ScalarType.Float32, 6, 4).requires_grad_(), zeros(6, ScalarType.Int64));
        var padding = zeros(6, ScalarType.Bool);
        var moe = new MixtureOfExperts(new TopKRouter(4, 2, 1, 1, noise: 1, seed: 1), nn.Linear(4, 3), nn.Linear(4, 3));
        Func<Tensor>[] calls =
        [
            () => Losses.topk_loss(x, y, 2, 1), () => Losses.topk_loss(x, y, [0.5, 0.5], 1),
            () => Losses.topk_fenchel_young_loss(x, y, 2, 1), () => Losses.load_balancing_loss(x, x, padding),
            () => Losses.importance_loss(x), () => Losses.router_z_loss(x, padding), () => moe.call(x), () => moe.forward(x, padding),
        ];
        foreach (var call in calls)
        {
            using var inner = NewDisposeScope();
            var result = call();
            Assert.Equal(1, inner.DisposablesCount);
            Assert.True(inner.Contains(result));
        }

        using var last = NewDisposeScope();
        var mixed = moe.forward(x, padding, out var routing);
        routing.statistics();
        Assert.Equal(4, last.DisposablesCount); // The result, the gates, the scores, the padding.
        routing.Dispose();
        mixed.Dispose();
        Assert.Equal(0, last.DisposablesCount);
        Assert.False(padding.IsInvalid);
    }

    [TorchFact]
    public void A_thousand_steps_leave_no_tensor_behind()
    {
        using var outer = NewDisposeScope();
        var moe = new MixtureOfExperts(new TopKRouter(4, 3, 1, 1, noise: 1, seed: 1), nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3));
        var (topk, young) = (new TopKLoss(2, 1), new TopKFenchelYoungLoss(2, 1));
        var (x, y) = (Operators.Normal(10, ScalarType.Float32, 6, 4), zeros(6, ScalarType.Int64));
        var live = 0L;
        for (var step = 0; step < 1000; step++)
        {
            using var scope = NewDisposeScope();
            var mixed = moe.forward(x, null, out var routing);
            (topk.call(mixed, y) + young.call(mixed, y) + routing.load_balancing_loss() + routing.router_z_loss()).backward();
            scope.Dispose();
            live = step == 9 ? DisposeScopeManager.Statistics.ThreadTotalLiveCount : live;
        }

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TorchFact]
    public void Calls_outside_of_a_scope_leave_their_result_alone()
    {
        using var x = Operators.Normal(10, ScalarType.Float32, 6, 4);
        using var y = zeros(6, ScalarType.Int64);
        using var moe = new MixtureOfExperts(new TopKRouter(4, 3, 1, 1, noise: 1, seed: 1), nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 3));
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var step = 0; step < 100; step++)
        {
            using var mixed = moe.forward(x, null, out var routing);
            using var one = Losses.topk_loss(mixed, y, 2, 1);
            using var two = Losses.topk_fenchel_young_loss(mixed, y, 2, 1);
            using var three = routing.load_balancing_loss();
            routing.Dispose();
        }

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
