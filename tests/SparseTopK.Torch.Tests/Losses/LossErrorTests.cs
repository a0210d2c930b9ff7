using SparseTopK.Torch.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Tests;

/// <summary>What the losses refuse, and that the error names it.</summary>
public class LossErrorTests
{
    private static readonly double[] Half = [0.5];
    private static readonly float[] Outside = [2, -1, 0];
    private static readonly double[] Negative = [1.5, -0.5];

    [TorchFact]
    public void Arguments_of_both_losses_are_named()
    {
        using var scope = NewDisposeScope();
        var (s, y) = (zeros(4, 3), zeros(4, ScalarType.Int64));
        Func<Tensor?, Tensor?, long, double, double, Tensor?, Reduction, Tensor>[] losses =
        [
            (input, target, k, lambda, p, weight, reduction) => Losses.topk_loss(input!, target!, k, lambda, p, weight, -100, reduction),
            (input, target, k, lambda, p, weight, reduction) =>
                Losses.topk_fenchel_young_loss(input!, target!, k, lambda, p, weight, -100, reduction),
        ];
        foreach (var loss in losses)
        {
            Named("input", () => loss(null, y, 1, 1, 2, null, Reduction.Mean));
            Named("input", () => loss(zeros(4, 0), y, 1, 1, 2, null, Reduction.Mean));
            Named("input", () => loss(tensor(1.0f), y, 1, 1, 2, null, Reduction.Mean));
            Named("target", () => loss(s, null, 1, 1, 2, null, Reduction.Mean));
            Named("target", () => loss(s, zeros(5, ScalarType.Int64), 1, 1, 2, null, Reduction.Mean));
            Named("target", () => loss(s, zeros(4, ScalarType.Int32), 1, 1, 2, null, Reduction.Mean));
            Named("target", () => loss(s, y + 3, 1, 1, 2, null, Reduction.Mean));
            Named("target", () => loss(s, y - 1, 1, 1, 2, null, Reduction.Mean));
            Named("k", () => loss(s, y, 0, 1, 2, null, Reduction.Mean));
            Named("k", () => loss(s, y, 4, 1, 2, null, Reduction.Mean));
            Named("lambda", () => loss(s, y, 1, 0, 2, null, Reduction.Mean));
            Named("lambda", () => loss(s, y, 1, double.NaN, 2, null, Reduction.Mean));
            Named("p", () => loss(s, y, 1, 1, 1, null, Reduction.Mean));
            Named("weight", () => loss(s, y, 1, 1, 2, ones(4), Reduction.Mean));
            Named("reduction", () => loss(s, y, 1, 1, 2, null, (Reduction)7));
            Assert.Throws<NotSupportedException>(() => loss(s.to(ScalarType.Int64), y, 1, 1, 2, null, Reduction.Mean));
        }
    }

    [TorchFact]
    public void Masks_smoothing_and_distributions_are_named()
    {
        using var scope = NewDisposeScope();
        var (s, y) = (zeros(4, 3), zeros(4, ScalarType.Int64));
        Named("target", () => Losses.topk_fenchel_young_loss(s, ones(4, 3), 2, 1));
        Named("target", () => Losses.topk_fenchel_young_loss(s, tensor(Outside).expand(4, 3), 1, 1));
        Named("target", () => Losses.topk_fenchel_young_loss(s, ones(4, 4), 3, 1));
        Named("weight", () => Losses.topk_fenchel_young_loss(s, ones(4, 3), 3, 1, weight: ones(3)));
        Named("label_smoothing", () => Losses.topk_fenchel_young_loss(s, y, 1, 1, label_smoothing: 1.1));
        Named("distribution", () => Losses.topk_loss(s, y, Half, 1));
        Named("distribution", () => Losses.topk_loss(s, y, Negative, 1));
        Named("distribution", () => Losses.topk_loss(s, y, [0, 0, 0, 1], 1));
        Named("distribution", () => Losses.topk_loss(s, y, null!, 1));
    }

    [TorchFact]
    public void Modules_check_when_they_are_made()
    {
        Named("k", () => new TopKLoss(0, 1));
        Named("lambda", () => new TopKLoss(1, -1));
        Named("p", () => new TopKLoss(1, 1, 0.5));
        Named("distribution", () => new TopKLoss(Half, 1));
        Named("reduction", () => new TopKLoss(1, 1, reduction: (Reduction)9));
        Named("k", () => new TopKFenchelYoungLoss(0, 1));
        Named("lambda", () => new TopKFenchelYoungLoss(1, 0));
        Named("label_smoothing", () => new TopKFenchelYoungLoss(1, 1, label_smoothing: -0.1));
    }

    internal static void Named(string argument, Func<object> call)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Equal(argument, error.ParamName);
    }
}
