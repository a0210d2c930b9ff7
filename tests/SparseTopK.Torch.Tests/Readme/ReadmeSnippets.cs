using SparseTopK.Torch.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static SparseTopK.Torch.Functional;
using static TorchSharp.torch;

#pragma warning disable CA1861 // Arrays where a reader wants to see them.

namespace SparseTopK.Torch.Tests.Readme;

/// <summary>The README's blocks for TorchSharp, in its order. <see cref="ReadmeTests"/> holds the two together, and runs these.</summary>
internal static class ReadmeSnippets
{
    internal static readonly Action[] All = [Mask, Prune, Lose, Route];

    private static void Mask()
    {
        #region snippet
        using Tensor scores = tensor(new[] { 2.0f, 1.2f, 1.0f, -0.5f }).requires_grad_();
        using Tensor mask = topk_mask(scores, k: 2, lambda: 0.5);
        using Tensor loss = (mask * tensor(new[] { 1f, 2f, 3f, 4f })).sum();
        loss.backward();
        Console.WriteLine(string.Join("  ", scores.grad!.data<float>().ToArray().Select(g => g.ToString("0.00"))));
        #endregion
    }

    private static void Prune()
    {
        using var x = randn(64, 16);
        using var y = x.sum(1, keepdim: true);
        #region snippet
        using Sequential model = nn.Sequential(("hidden", nn.Linear(16, 32)), ("relu", nn.ReLU()), ("out", nn.Linear(32, 1)));
        using optim.Optimizer optimizer = optim.Adam(model.parameters(), 0.01);
        using MagnitudePruner pruner = new(model, new()
        {
            Sparsity = Schedule.Cubic(0, 0.75, steps: 80),          // of each layer; Scope = PruningScope.Global: of the model
            Lambda = Schedule.Exponential(10, 0.01, steps: 80),     // soft first, nearly hard at the end
        });
        for (int step = 0; step < 100; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            nn.functional.mse_loss(model.call(x), y).backward();
            optimizer.step();
            pruner.Step();
        }

        Console.WriteLine(pruner.MakePermanent());
        #endregion
    }

    private static void Lose()
    {
        #region snippet
        using Tensor scores = tensor(new[,] { { 3f, 1f, 0.5f, 0f }, { 0f, 2f, 1.9f, 1.8f } }).requires_grad_();
        using Tensor targets = tensor(new[] { 1L, 3L });
        using TopKLoss loss = new(k: 2, lambda: 1.0);               // 0 where the class is surely among the two best
        using Tensor value = loss.call(scores, targets);
        value.backward();
        Console.WriteLine($"{value.item<float>():0.00}");
        #endregion
    }

    private static void Route()
    {
        using var tokens = randn(10, 8);
        #region snippet
        using TopKRouter router = new(features: 8, experts: 4, k: 2, lambda: 0.1);
        using MixtureOfExperts layer = new(router, nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8));
        using Tensor output = layer.forward(tokens, padding: null, out Routing routing);
        using Tensor balance = routing.load_balancing_loss();       // add it to the loss, times 0.01
        Console.WriteLine($"{output.shape[0]} x {output.shape[1]}, gates per token: {routing.Gates.sum(1).mean().item<float>():0.00}");
        routing.Dispose();
        #endregion
    }
}
