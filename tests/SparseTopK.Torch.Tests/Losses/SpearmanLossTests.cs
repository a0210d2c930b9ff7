using SparseTopK.Torch.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch.Tests;

/// <summary>Spearman's correlation of soft ranks: against rank by rank computation, its limits, padding, gradients.</summary>
public class SpearmanLossTests
{
    private static readonly double[] Strengths = [0.4, 2];
    private static readonly long[] Grades = [2, 0, 1, 1, 3, 0];

    [TorchFact]
    public void The_example_trains()
    {
        using var scope = NewDisposeScope();
        var loss = new SpearmanLoss(lambda: 1.0);
        var scores = zeros(8, 20).requires_grad_();
        var relevance = Operators.Normal(1, ScalarType.Float32, 8, 20);
        var before = loss.call(scores, relevance);
        before.backward();
        var after = loss.call(scores.detach() - (10 * scores.grad!), relevance);
        Assert.Equal(1, before.item<float>());
        Assert.InRange(after.item<float>(), 0, 0.1f);
    }

    [TorchFact]
    public void A_small_lambda_gives_the_rank_correlation()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(2, ScalarType.Float64, 6, 30);
        var target = (Operators.Normal(3, ScalarType.Float64, 6, 30) * 4).round(); // With ties.
        var losses = Operators.Entries<double>(Losses.spearman_loss(x, target, 1e-9, reduction: Reduction.None));
        var (a, b) = (Operators.Entries<double>(x), Operators.Entries<double>(target));
        for (var row = 0; row < 6; row++)
        {
            var (start, end) = (row * 30, (row + 1) * 30);
            Assert.Equal(1 - Correlation(Ranks(a[start..end]), Ranks(b[start..end])), losses[row], 1e-12);
        }

        var order = arange(30, ScalarType.Float64).expand(1, 30);
        Assert.Equal(0, Losses.spearman_loss(order, order.exp(), 0.5).item<double>(), 1e-12);
        Assert.Equal(2, Losses.spearman_loss(order, -order, 0.5).item<double>(), 1e-12);
    }

    [TorchFact]
    public void A_large_lambda_gives_the_correlation_with_the_ranks()
    {
        using var scope = NewDisposeScope();
        var (x, target) = (Operators.Normal(4, ScalarType.Float64, 1, 15), Operators.Normal(5, ScalarType.Float64, 1, 15));
        var expected = 1 - Correlation(Operators.Entries<double>(x), Ranks(Operators.Entries<double>(target)));
        Assert.Equal(expected, Losses.spearman_loss(x, target, 1000).item<double>(), 1e-9);
        using var narrow = Losses.spearman_loss(x.to(ScalarType.Float32), target.to(ScalarType.Float32), 100);
        Assert.Equal(expected, narrow.item<float>(), 1e-3);
    }

    [TorchTheory]
    [InlineData(SoftRegularization.Quadratic)]
    [InlineData(SoftRegularization.Entropic)]
    public void The_gradient_agrees_with_central_differences(SoftRegularization regularization)
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(6, ScalarType.Float64, 3, 7).requires_grad_();
        var target = Operators.Normal(7, ScalarType.Float64, 3, 7);
        foreach (var lambda in Strengths)
        {
            CentralDifferences.Check(() => Losses.spearman_loss(x, target, lambda, regularization), x);
        }

        var columns = x.detach().t().contiguous().requires_grad_();
        CentralDifferences.Check(() => Losses.spearman_loss(columns, target.t(), 0.7, regularization, 0, Reduction.Sum), columns);
        Assert.Equal(
            Losses.spearman_loss(x, target, 0.7, regularization).item<double>(),
            Losses.spearman_loss(columns, target.t(), 0.7, regularization, 0).item<double>(), 1e-14);
    }

    [TorchTheory]
    [InlineData(SoftRegularization.Quadratic)]
    [InlineData(SoftRegularization.Entropic)]
    public void Padding_is_left_out(SoftRegularization regularization)
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(8, ScalarType.Float64, 2, 9);
        var target = Operators.Normal(9, ScalarType.Float64, 2, 9);
        var padded = x.clone();
        padded[0, TensorIndex.Slice(5)] = double.NegativeInfinity;
        padded.requires_grad_();
        var marked = target.clone();
        marked[1, TensorIndex.Slice(null, 3)] = double.NegativeInfinity;
        var losses = Losses.spearman_loss(padded, marked, 0.5, regularization, reduction: Reduction.None);
        losses.sum().backward();
        var first = Losses.spearman_loss(x[0].narrow(0, 0, 5), target[0].narrow(0, 0, 5), 0.5, regularization);
        var second = Losses.spearman_loss(x[1].narrow(0, 3, 6), target[1].narrow(0, 3, 6), 0.5, regularization);
        Assert.Equal(first.item<double>(), losses[0].item<double>(), 1e-12);
        Assert.Equal(second.item<double>(), losses[1].item<double>(), 1e-12);
        var gradient = Operators.Entries<double>(padded.grad!);
        Assert.All(gradient[5..12], v => Assert.Equal(0, v));
        Assert.Contains(gradient[12..], v => v != 0);
    }

    [TorchFact]
    public void Rows_that_have_no_order_lose_one_and_learn_nothing()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(10, ScalarType.Float32, 3, 5);
        x[1] = float.NegativeInfinity;
        x[2, TensorIndex.Slice(1)] = float.NegativeInfinity;
        x.requires_grad_();
        var target = ones(3, 5);
        var losses = Losses.spearman_loss(x, target, 0.5f, reduction: Reduction.None);
        losses.sum().backward();
        Assert.Equal([1, 1, 1], Operators.Entries<float>(losses));
        Assert.All(Operators.Entries<float>(x.grad!), v => Assert.Equal(0, v));
    }

    [TorchFact]
    public void A_NaN_stays_in_its_row()
    {
        using var scope = NewDisposeScope();
        var (x, target) = (Operators.Normal(11, ScalarType.Float32, 3, 5), Operators.Normal(12, ScalarType.Float32, 3, 5));
        (x[0, 2], target[1, 3]) = (float.NaN, float.NaN);
        var losses = Operators.Entries<float>(Losses.spearman_loss(x, target, 0.5, reduction: Reduction.None));
        Assert.Equal([true, true, false], losses.Select(float.IsNaN));
    }

    [TorchFact]
    public void Integer_targets_and_single_rows_will_do()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(13, ScalarType.Float32, 6);
        var grades = tensor(Grades);
        var loss = Losses.spearman_loss(x, grades, 0.5, reduction: Reduction.None);
        Assert.Empty(loss.shape);
        Assert.Equal(Losses.spearman_loss(x, grades.to(ScalarType.Float32), 0.5).item<float>(), loss.item<float>());
    }

    [TorchTheory]
    [InlineData(1L << 53)]
    [InlineData(long.MaxValue - 3)]
    [InlineData(long.MinValue)]
    public void Integers_keep_their_order_beyond_the_precision_of_floating_point(long start)
    {
        using var scope = NewDisposeScope();
        var x = tensor([0.0, 1, 2, 3, double.NegativeInfinity]);
        var target = tensor([start, start + 1, start + 2, start + 3, start]);
        Assert.Equal(0, Losses.spearman_loss(x, target, 0.5).item<double>(), 1e-12);
        Assert.Equal(2, Losses.spearman_loss(x.narrow(0, 0, 4).neg(), target.narrow(0, 0, 4), 0.5).item<double>(), 1e-12);
    }

    [TorchFact]
    public void Descent_sorts()
    {
        using var scope = NewDisposeScope();
        var x = new TorchSharp.Modules.Parameter(Operators.Normal(14, ScalarType.Float64, 4, 12));
        var target = Operators.Normal(15, ScalarType.Float64, 4, 12);
        var loss = new SpearmanLoss(0.5);
        using var optimizer = optim.Adam([x], 0.05);
        var before = loss.call(x, target).item<double>();
        for (var step = 0; step < 150; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            loss.call(x, target).backward();
            optimizer.step();
        }

        Assert.True(before > 0.5);
        Assert.InRange(Losses.spearman_loss(x, target, 1e-9).item<double>(), -1e-12, 0.05);
    }

    [TorchFact]
    public void Arguments_are_named_and_only_the_result_is_left()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 3);
        LossErrorTests.Named("input", () => Losses.spearman_loss(null!, x, 1));
        LossErrorTests.Named("target", () => Losses.spearman_loss(x, null!, 1));
        LossErrorTests.Named("target", () => Losses.spearman_loss(x, zeros(3, 2), 1));
        LossErrorTests.Named("lambda", () => Losses.spearman_loss(x, x, 0));
        LossErrorTests.Named("dim", () => Losses.spearman_loss(x, x, 1, dim: 2));
        LossErrorTests.Named("reduction", () => Losses.spearman_loss(x, x, 1, reduction: (Reduction)5));
        LossErrorTests.Named("lambda", () => new SpearmanLoss(-1));
        LossErrorTests.Named("regularization", () => new SpearmanLoss(1, (SoftRegularization)9));
        using var inner = NewDisposeScope();
        var loss = Losses.spearman_loss(x, x, 1);
        Assert.Equal(1, inner.DisposablesCount);
        Assert.True(inner.Contains(loss));
    }

    private static double[] Ranks(double[] values) =>
        [.. values.Select(v => values.Count(u => u < v) + ((values.Count(u => u == v) + 1) / 2.0))];

    private static double Correlation(double[] a, double[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        double Sum(Func<double, double, double> term) => a.Zip(b, (u, v) => term(u - meanA, v - meanB)).Sum();
        return Sum((u, v) => u * v) / Math.Sqrt(Sum((u, _) => u * u) * Sum((_, v) => v * v));
    }
}
