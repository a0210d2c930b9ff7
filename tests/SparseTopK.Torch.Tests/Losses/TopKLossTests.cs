using SparseTopK.Torch.Modules;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Tests;

/// <summary>1 - m_y: values, bounds on the top-k error, and what it shares with cross_entropy.</summary>
public class TopKLossTests
{
    private static readonly double[] Descending = [3, 2, 1, 0];
    private static readonly double[] Strengths = [1e-6, 0.5, 3];

    [TorchFact]
    public void The_example_trains()
    {
        using var scope = NewDisposeScope();
        var loss = new TopKLoss(k: 2, lambda: 1.0);
        var logits = tensor(new[] { 2.0f, 1.9f, 1.8f, -1.0f }, 1, 4).requires_grad_();
        var value = loss.call(logits, tensor(new long[] { 2 }));
        value.backward();
        // m = (0.7667, 0.6667, 0.5667, 0): the third class is short of 1 by 0.4333.
        Assert.Equal(1 - (1.7f / 3), value.item<float>(), 1e-6f);
        float[] expected = [1f / 3, 1f / 3, -2f / 3, 0];
        Assert.Equal(expected, Operators.Entries<float>(logits.grad!), (a, b) => MathF.Abs(a - b) < 1e-6f);
    }

    [TorchTheory]
    [InlineData(1, 0.3, 2)]
    [InlineData(3, 0.3, 2)]
    [InlineData(3, 5, 2)]
    [InlineData(5, 1, 4.0 / 3)]
    [InlineData(10, 1, 2)]
    public void It_is_one_less_the_mask_of_the_class(int k, double lambda, double p)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(1, 20, 10);
        var losses = Operators.Entries<double>(Losses.topk_loss(scores, classes, k, lambda, p, reduction: Reduction.None));
        var mask = TopKOperator.Mask.Core(Operators.Entries<double>(scores), 10, k, new PNorm(p, lambda));
        var target = Operators.Entries<long>(classes);
        Assert.Equal(target.Select((y, row) => 1 - mask[(row * 10) + y]), losses);
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void It_bounds_the_top_k_error_and_becomes_it(int k)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(2, 300, 8);
        var errors = Errors(scores, classes, k);
        foreach (var lambda in Strengths)
        {
            var losses = Operators.Entries<double>(Losses.topk_loss(scores, classes, k, lambda, reduction: Reduction.None));
            Assert.All(losses.Zip(errors), row => Assert.True((k + 1) * row.First >= row.Second - 1e-12));
        }

        Assert.InRange(errors.Sum(), 50, 280);
        Assert.Equal(errors.Average(), Losses.topk_loss(scores, classes, k, 1e-6).item<double>(), 1e-9);
    }

    [TorchFact]
    public void A_class_a_lambda_out_of_reach_learns_nothing()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(Descending, 1, 4).requires_grad_();
        var classes = tensor(new long[] { 3 });
        Losses.topk_loss(scores, classes, 2, lambda: 2.0).backward();
        Assert.All(Operators.Entries<double>(scores.grad!), v => Assert.Equal(0, v));
        Losses.topk_loss(scores, classes, 2, lambda: 4.0).backward();
        Assert.True(Operators.Entries<double>(scores.grad!)[3] < 0);
    }

    [TorchFact]
    public void The_gradient_agrees_with_central_differences()
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(3, 4, 6);
        var weight = tensor(new[] { 1, 0.5, 2, 1, 3, 0.1 });
        scores.requires_grad_();
        CentralDifferences.Check(() => Losses.topk_loss(scores, classes, 2, 1.7, weight: weight), scores);
        CentralDifferences.Check(() => Losses.topk_loss(scores, classes, 3, 1.1, 4.0 / 3, reduction: Reduction.Sum), scores);
        CentralDifferences.Check(() => Losses.topk_loss(scores, classes, [0.2, 0, 0.8], 1.3), scores);
    }

    [TorchFact]
    public void A_distribution_is_the_mean_over_k()
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(4, 9, 7);
        var mixed = Losses.topk_loss(scores, classes, [0.25, 0, 0.75, 0, 0, 0, 0, 0, 0], 0.8).item<double>();
        var one = Losses.topk_loss(scores, classes, 1, 0.8).item<double>();
        var three = Losses.topk_loss(scores, classes, 3, 0.8).item<double>();
        Assert.Equal((0.25 * one) + (0.75 * three), mixed, 1e-14);
        Assert.Equal(mixed, new TopKLoss([0.25, 0, 0.75], 0.8).call(scores, classes).item<double>());
    }

    [TorchTheory]
    [InlineData(Reduction.None)]
    [InlineData(Reduction.Mean)]
    [InlineData(Reduction.Sum)]
    public void Weights_ignored_rows_and_reductions_are_those_of_cross_entropy(Reduction reduction)
    {
        // nll_loss of a constant -m is the same sum of -m_y: torch's own reduction of the same losses.
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(5, 12, 5);
        classes[2] = -7;
        classes[9] = -7;
        var weight = tensor(new[] { 1, 0.5, 2, 1, 3.0 });
        var mask = Functional.topk_mask(scores, 2, 0.9);
        var expected = functional.nll_loss(mask - 1, where(classes == -7, -100, classes), weight, reduction);
        var actual = Losses.topk_loss(scores, classes, 2, 0.9, weight: weight, ignore_index: -7, reduction: reduction);
        var module = new TopKLoss(2, 0.9, weight: weight, ignore_index: -7, reduction: reduction);
        Assert.Equal(Operators.Entries<double>(expected), Operators.Entries<double>(actual), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(Operators.Entries<double>(actual), Operators.Entries<double>(module.call(scores, classes)));
    }

    [TorchFact]
    public void Classes_are_the_second_dimension_of_many_and_the_only_one_of_one()
    {
        using var scope = NewDisposeScope();
        var scores = Operators.Normal(6, ScalarType.Float32, 2, 5, 3, 4);
        var classes = randint(0, 5, [2, 3, 4], ScalarType.Int64);
        var losses = Losses.topk_loss(scores, classes, 2, 0.5, reduction: Reduction.None);
        Assert.Equal([2, 3, 4], losses.shape);
        var one = Losses.topk_loss(scores[1, TensorIndex.Colon, 2, 3], classes[1, 2, 3], 2, 0.5, reduction: Reduction.None);
        Assert.Empty(one.shape);
        Assert.Equal(losses[1, 2, 3].item<float>(), one.item<float>());
    }

    [TorchTheory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Scores_of_16_bits_have_a_loss_in_float32(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = Batch(7, 12, 5);
        var narrow = scores.to(type).requires_grad_();
        var wide = narrow.detach().to(ScalarType.Float32);
        var sum = Losses.topk_loss(narrow, classes, 2, 1) + Losses.topk_fenchel_young_loss(narrow, classes, 2, 1);
        sum.backward();
        Assert.Equal(ScalarType.Float32, sum.dtype);
        Assert.Equal((Losses.topk_loss(wide, classes, 2, 1) + Losses.topk_fenchel_young_loss(wide, classes, 2, 1)).item<float>(), sum.item<float>());
        Assert.Equal(type, narrow.grad!.dtype);
    }

    [TorchFact]
    public void A_batch_of_none_sums_to_zero()
    {
        using var scope = NewDisposeScope();
        var scores = zeros(0, 5, requires_grad: true);
        var classes = zeros(0, ScalarType.Int64);
        var loss = Losses.topk_loss(scores, classes, 2, 1, reduction: Reduction.Sum);
        loss.backward();
        Assert.Equal(0, loss.item<float>());
        Assert.Equal([0], Losses.topk_loss(scores, classes, 2, 1, reduction: Reduction.None).shape);
        Assert.True(float.IsNaN(Losses.topk_loss(scores, classes, 2, 1).item<float>()));
    }

    [TorchFact]
    public void Weights_move_with_the_module_and_are_saved()
    {
        using var scope = NewDisposeScope();
        var weight = ones(3);
        var loss = new TopKLoss(1, 1, weight: weight);
        Assert.Equal(["weight"], loss.state_dict().Keys);
        loss.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, loss.state_dict()["weight"].dtype);
        Assert.False(weight.IsInvalid);
        Assert.True(double.IsFinite(loss.call(zeros(2, 3, ScalarType.Float64), zeros(2, ScalarType.Int64)).item<double>()));
        Assert.Empty(new TopKLoss(1, 1).state_dict());
    }

    /// <summary>1 where k or more other classes score as much as the true one or more.</summary>
    internal static double[] Errors(Tensor scores, Tensor classes, int k)
    {
        var (s, n) = (Operators.Entries<double>(scores), (int)scores.shape[1]);
        return [.. Operators.Entries<long>(classes).Select((y, row) =>
            Enumerable.Range(0, n).Count(c => c != y && s[(row * n) + c] >= s[(row * n) + y]) >= k ? 1.0 : 0.0)];
    }

    internal static (Tensor Scores, Tensor Classes) Batch(int seed, long rows, long classes)
    {
        var scores = Operators.Normal(seed, ScalarType.Float64, rows, classes);
        using var generator = new Generator((ulong)(seed + 100));
        return (scores, randint(0, classes, [rows], ScalarType.Int64, generator: generator));
    }
}
