using SparseTopK.Torch.Functions;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Tests;

/// <summary>Fenchel-Young losses: closed forms, the gradient mask - target, convexity, bounds.</summary>
public class TopKFenchelYoungLossTests
{
    [TorchFact]
    public void The_example_trains()
    {
        using var scope = NewDisposeScope();
        var loss = new TopKFenchelYoungLoss(k: 2, lambda: 1.0);
        var logits = tensor(new[] { 5.0f, 4.0f, 1.0f, -9.0f }, 1, 4).requires_grad_();
        loss.call(logits, tensor(new long[] { 3 })).backward();
        // The mask is (1, 1, 0, 0); the best mask that has the last class is (1, 0, 0, 1).
        Assert.Equal([0, 1, 0, -1], Operators.Entries<float>(logits.grad!));
    }

    [TorchTheory]
    [InlineData(1.0)]
    [InlineData(0.3)]
    [InlineData(4.0)]
    public void With_k_of_one_it_is_the_sparsemax_loss(double lambda)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = TopKLossTests.Batch(1, 30, 6);
        var losses = Operators.Entries<double>(Losses.topk_fenchel_young_loss(scores, classes, 1, lambda, reduction: Reduction.None));
        var (s, y) = (Operators.Entries<double>(scores), Operators.Entries<long>(classes));
        for (var row = 0; row < 30; row++)
        {
            var z = s[(row * 6)..((row + 1) * 6)].Select(v => v / lambda).ToArray();
            Assert.Equal(lambda * SparsemaxLoss(z, (int)y[row]), losses[row], 1e-12);
        }
    }

    [TorchTheory]
    [InlineData(2, 0)]
    [InlineData(2, 0.2)]
    [InlineData(4.0 / 3, 0)]
    [InlineData(3, 0.1)]
    public void Torch_operations_agree_with_the_core(double p, double smoothing)
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float64, ScalarType.Float32, ScalarType.Float16 })
        {
            var (scores, classes) = TopKLossTests.Batch(8, 40, 9);
            scores[1, 3] = double.NaN;
            scores[TensorIndex.Colon, 8] = double.NegativeInfinity; // Where the class is the last, the loss is infinite.
            classes[2] = -100;
            var results = new[] { ComputePath.Core, ComputePath.TorchOperations }.Select(path =>
            {
                using var on = new OnPath(path);
                var x = scores.clone().to(type).requires_grad_();
                var losses = Losses.topk_fenchel_young_loss(x, classes, 3, 0.7, p, label_smoothing: smoothing, reduction: Reduction.None);
                losses.Fill(losses.isfinite().logical_not(), 0).sum().backward();
                return Operators.Entries<double>(cat([losses.unsqueeze(1), x.grad!], 1).to(ScalarType.Float64));
            }).ToArray();
            Assert.Equal(results[0], results[1], (a, b) => a.Equals(b) || Math.Abs(a - b) < (type == ScalarType.Float64 ? 1e-12 : 2e-3));
        }
    }

    [TorchTheory]
    [InlineData(2)]
    [InlineData(4.0 / 3)]
    [InlineData(1.5)]
    public void The_gradient_is_the_mask_less_the_target(double p)
    {
        using var scope = NewDisposeScope();
        var scores = Operators.Normal(2, ScalarType.Float64, 5, 9).requires_grad_();
        var target = Functional.topk_mask(Operators.Normal(3, ScalarType.Float64, 5, 9), 3, 0.5);
        Losses.topk_fenchel_young_loss(scores, target, 3, 0.7, p, reduction: Reduction.Sum).backward();
        var expected = Operators.Entries<double>(Functional.topk_mask(scores.detach(), 3, 0.7, p) - target);
        Assert.Equal(expected, Operators.Entries<double>(scores.grad!));
    }

    [TorchTheory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(3, 4.0 / 3)]
    [InlineData(5, 2)]
    public void The_gradient_agrees_with_central_differences(int k, double p)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = TopKLossTests.Batch(4, 4, 7);
        scores.requires_grad_();
        var weight = tensor(new[] { 1, 0.5, 2, 1, 3, 0.1, 1 });
        var target = Functional.topk_mask(Operators.Normal(5, ScalarType.Float64, 4, 7), k, 0.5);
        CentralDifferences.Check(() => Losses.topk_fenchel_young_loss(scores, classes, k, 0.8, p, weight), scores);
        CentralDifferences.Check(() => Losses.topk_fenchel_young_loss(scores, classes, k, 0.8, p, label_smoothing: 0.2), scores);
        CentralDifferences.Check(() => Losses.topk_fenchel_young_loss(scores, target, k, 0.8, p), scores);
        CentralDifferences.Check(() => Losses.topk_fenchel_young_loss(scores, target, k, 0.8, p, label_smoothing: 0.3), scores);
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_class_has_the_loss_of_its_best_mask(int k)
    {
        // Against the definition: the smallest loss over many masks that have the class, reached at none below it.
        using var scope = NewDisposeScope();
        var (scores, classes) = TopKLossTests.Batch(6, 1, 6);
        var y = (int)classes[0].item<long>();
        var loss = Losses.topk_fenchel_young_loss(scores, classes, k, 0.6).item<double>();
        var smallest = double.PositiveInfinity;
        for (var trial = 0; trial < 3000; trial++)
        {
            using var inner = NewDisposeScope();
            var near = scores + (Operators.Normal(trial, ScalarType.Float64, 1, 6) * (trial / 3000.0));
            near[0, y] += 50;
            var target = Functional.topk_mask(near, k, 0.6);
            smallest = Math.Min(smallest, Losses.topk_fenchel_young_loss(scores, target, k, 0.6).item<double>());
        }

        Assert.Equal(loss, smallest, 1e-3);
        Assert.True(smallest >= loss - 1e-12);
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void It_bounds_the_top_k_error_and_is_zero_exactly_where_the_class_is_whole(int k)
    {
        using var scope = NewDisposeScope();
        var (scores, classes) = TopKLossTests.Batch(7, 300, 8);
        const double Lambda = 0.7;
        var losses = Operators.Entries<double>(Losses.topk_fenchel_young_loss(scores, classes, k, Lambda, reduction: Reduction.None));
        var missing = Operators.Entries<double>(Losses.topk_loss(scores, classes, k, Lambda, reduction: Reduction.None));
        var errors = TopKLossTests.Errors(scores, classes, k);
        Assert.Contains(missing, m => m == 0);
        for (var row = 0; row < losses.Length; row++)
        {
            Assert.True(losses[row] >= (Lambda / 2 * missing[row] * missing[row]) - 1e-12);
            Assert.True(losses[row] * 2 * (k + 1) * (k + 1) / Lambda >= errors[row] - 1e-9);
            Assert.Equal(missing[row] == 0, losses[row] < 1e-15);
        }
    }

    [TorchFact]
    public void Masks_make_it_convex()
    {
        using var scope = NewDisposeScope();
        var target = tensor(new[] { 1.0, 1, 0, 0, 0, 0 }, 1, 6).expand(200, 6);
        var (a, b) = (Operators.Normal(8, ScalarType.Float64, 200, 6), Operators.Normal(9, ScalarType.Float64, 200, 6));
        double[] At(Tensor s) => Operators.Entries<double>(Losses.topk_fenchel_young_loss(s, target, 2, 0.5, reduction: Reduction.None));
        var (ends, middle) = (At(a).Zip(At(b), (l, r) => (l + r) / 2).ToArray(), At((a + b) / 2));
        Assert.All(middle.Zip(ends), pair => Assert.True(pair.First <= pair.Second + 1e-12));
        Assert.Contains(middle.Zip(ends), pair => pair.First < pair.Second - 1e-3);
    }

    [TorchFact]
    public void It_is_zero_at_its_own_mask_and_smoothing_mixes_targets()
    {
        using var scope = NewDisposeScope();
        var scores = Operators.Normal(10, ScalarType.Float64, 6, 5);
        var own = Functional.topk_mask(scores, 2, 1.5);
        Assert.Equal(0, Losses.topk_fenchel_young_loss(scores, own, 2, 1.5).item<double>(), 1e-14);
        var target = Functional.topk_mask(Operators.Normal(11, ScalarType.Float64, 6, 5), 2, 0.1);
        var uniform = full_like(target, 0.4);
        var (whole, flat) = (Losses.topk_fenchel_young_loss(scores, target, 2, 1.5), Losses.topk_fenchel_young_loss(scores, uniform, 2, 1.5));
        var mixed = Losses.topk_fenchel_young_loss(scores, target, 2, 1.5, label_smoothing: 0.25);
        Assert.Equal((0.75 * whole.item<double>()) + (0.25 * flat.item<double>()), mixed.item<double>(), 1e-12);
    }

    [TorchFact]
    public void A_common_offset_changes_nothing()
    {
        using var scope = NewDisposeScope();
        var (batch, classes) = TopKLossTests.Batch(13, 50, 20);
        var scores = (batch * 64).round().to(ScalarType.Float32) / 64; // What float32 can still tell apart at 65,536.
        var near = Losses.topk_fenchel_young_loss(scores, classes, 3, 1.3, reduction: Reduction.None);
        var far = Losses.topk_fenchel_young_loss(scores + 65536, classes, 3, 1.3, reduction: Reduction.None);
        Assert.Equal(0, (near - far).abs().max().item<float>(), 1e-5f);
    }

    [TorchFact]
    public void Masked_classes_do_no_harm()
    {
        using var scope = NewDisposeScope();
        var scores = tensor(new[] { 0.5f, 0.25f, 0.0f, -1.0f }, 1, 4);
        var classes = tensor(new long[] { 2 });
        var near = Losses.topk_fenchel_young_loss(scores, classes, 2, 0.7).item<float>();
        var masked = scores.masked_fill(scores == -1, float.NegativeInfinity).requires_grad_();
        var loss = Losses.topk_fenchel_young_loss(masked, classes, 2, 0.7);
        loss.backward();
        Assert.Equal(near, loss.item<float>(), 1e-6f);
        Assert.Equal(0, Operators.Entries<float>(masked.grad!)[3]);
        Assert.True(float.IsPositiveInfinity(Losses.topk_fenchel_young_loss(masked, tensor(new long[] { 3 }), 2, 0.7).item<float>()));
    }

    [TorchFact]
    public void Descent_brings_far_classes_into_the_top_k()
    {
        using var scope = NewDisposeScope();
        var (start, classes) = TopKLossTests.Batch(12, 40, 10);
        var scores = (start * 10).requires_grad_();
        Assert.True(TopKLossTests.Errors(scores, classes, 3).Sum() > 20);
        for (var step = 0; step < 200; step++)
        {
            using var inner = NewDisposeScope();
            Losses.topk_fenchel_young_loss(scores, classes, 3, 0.5, reduction: Reduction.Sum).backward();
            using var constant = no_grad();
            scores.sub_(scores.grad! * 0.5);
            scores.grad!.zero_();
        }

        Assert.Equal(0, TopKLossTests.Errors(scores, classes, 3).Sum());
    }

    /// <summary>-z_y + (sum over the support of z_j^2 - tau^2)/2 + 1/2: Martins and Astudillo 2016.</summary>
    private static double SparsemaxLoss(double[] z, int y)
    {
        var sorted = z.OrderDescending().ToArray();
        var size = Enumerable.Range(1, z.Length).Last(m => 1 + (m * sorted[m - 1]) > sorted.Take(m).Sum());
        var tau = (sorted.Take(size).Sum() - 1) / size;
        return -z[y] + (sorted.Take(size).Sum(v => (v * v) - (tau * tau)) / 2) + 0.5;
    }
}
