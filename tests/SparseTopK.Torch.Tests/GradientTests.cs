using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The gradients: against central differences, against the core, and through the graph.</summary>
public class GradientTests
{
    // At least 1e-3 from a kink of either operator, for every p below.
    private static readonly double[] Row = [1.31, -0.72, 0.94, 0.11, 1.07, -1.53, 0.58, 0.83];

    public static TheoryData<TopKOperator, double, long> Cases
    {
        get
        {
            var cases = new TheoryData<TopKOperator, double, long>();
            foreach (var p in new[] { 2, 4.0 / 3, 1.5 })
            {
                foreach (var dim in new long[] { 0, 1, -1 })
                {
                    cases.Add(TopKOperator.Mask, p, dim);
                    cases.Add(TopKOperator.Magnitude, p, dim);
                }
            }

            return cases;
        }
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void The_gradient_agrees_with_central_differences(TopKOperator op, double p, long dim)
    {
        const double Step = 1e-6;
        using var x = tensor(Row.Concat(Row.Select(v => 0.9 * v)).ToArray(), 2, 8).movedim([-1], [dim]).contiguous().requires_grad_();
        using var g = Operators.Normal(7, ScalarType.Float64, x.shape);
        using var loss = (op.Apply(x, 3, 0.6, p, dim) * g).sum();
        loss.backward();
        var gradient = Operators.Entries<double>(x.grad!);
        for (var i = 0; i < gradient.Length; i++)
        {
            using var unit = zeros(x.numel(), ScalarType.Float64);
            unit[i] = Step;
            using var shift = unit.reshape(x.shape);
            using var above = (op.Apply(x.detach() + shift, 3, 0.6, p, dim) * g).sum();
            using var below = (op.Apply(x.detach() - shift, 3, 0.6, p, dim) * g).sum();
            Assert.Equal((above.item<double>() - below.item<double>()) / (2 * Step), gradient[i], 1e-7);
        }
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask, 2)]
    [InlineData(TopKOperator.Mask, 4.0 / 3)]
    [InlineData(TopKOperator.Magnitude, 2)]
    [InlineData(TopKOperator.Magnitude, 4.0 / 3)]
    public void The_gradient_has_the_bits_of_the_core(TopKOperator op, double p)
    {
        using var x = Operators.Normal(8, ScalarType.Float32, 6, 40).requires_grad_();
        using var g = Operators.Normal(9, ScalarType.Float32, 6, 40);
        using var y = op.Apply(x, 7, 0.3, p);
        y.backward([g]);
        var expected = op.CoreVjp(Operators.Entries<float>(x), Operators.Entries<float>(g), 40, 7, new PNorm(p, 0.3));
        Assert.Equal(expected, Operators.Entries<float>(x.grad!));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void A_gradient_flows_through_a_transposed_view(TopKOperator op)
    {
        using var x = Operators.Normal(10, ScalarType.Float64, 9, 4).requires_grad_();
        using var g = Operators.Normal(11, ScalarType.Float64, 4, 9);
        using var loss = (op.Apply(x.t(), 3, 0.5) * g).sum();
        loss.backward();
        using var rows = x.detach().t().contiguous();
        using var gradient = x.grad!.t();
        var expected = op.CoreVjp(Operators.Entries<double>(rows), Operators.Entries<double>(g), 9, 3, PNorm.Quadratic(0.5));
        Assert.Equal(expected, Operators.Entries<double>(gradient));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void A_tensor_used_twice_gets_both_gradients(TopKOperator op)
    {
        using var x = tensor(Row).requires_grad_();
        using var g = arange(8, ScalarType.Float64);
        using var loss = (op.Apply(x, 3, 0.6) * g).sum() + (op.Apply(x, 2, 0.8, 1.5) * g).sum();
        loss.backward();
        var weights = Operators.Entries<double>(g);
        var first = op.CoreVjp(Row, weights, 8, 3, PNorm.Quadratic(0.6));
        var second = op.CoreVjp(Row, weights, 8, 2, new PNorm(1.5, 0.8));
        Assert.Equal(first.Zip(second, (a, b) => a + b), Operators.Entries<double>(x.grad!));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void The_graph_can_be_kept_for_a_second_pass(TopKOperator op)
    {
        using var x = tensor(Row).requires_grad_();
        using var loss = (op.Apply(x, 3, 0.6) * arange(8, ScalarType.Float64)).sum();
        loss.backward(retain_graph: true);
        var once = Operators.Entries<double>(x.grad!);
        loss.backward();
        Assert.Equal(once.Select(v => 2 * v), Operators.Entries<double>(x.grad!));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void A_scope_around_the_step_may_end_before_the_next(TopKOperator op)
    {
        using var x = tensor(Row).requires_grad_();
        for (var step = 0; step < 50; step++)
        {
            using var scope = NewDisposeScope();
            (op.Apply(x, 3, 0.6).sum() + op.Apply(x * 2, 3, 0.6).pow(2).sum()).backward();
            GC.Collect();
        }

        Assert.All(Operators.Entries<double>(x.grad!), v => Assert.True(double.IsFinite(v)));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Without_gradients_no_graph_is_built(TopKOperator op)
    {
        using var x = tensor(Row).requires_grad_();
        using (no_grad())
        {
            using var y = op.Apply(x, 3, 0.6);
            Assert.False(y.requires_grad);
        }

        using var tracked = op.Apply(x, 3, 0.6);
        using var constant = op.Apply(x.detach(), 3, 0.6);
        Assert.True(tracked.requires_grad);
        Assert.False(constant.requires_grad);
    }

    [TorchFact]
    public void A_step_along_the_gradient_lowers_a_loss()
    {
        using var x = tensor(Row).requires_grad_();
        using var before = Functional.topk_mask(x, 3, 0.6)[6];
        before.backward();
        using var after = Functional.topk_mask(x.detach() + (0.1 * x.grad!), 3, 0.6)[6];
        Assert.True(after.item<double>() > before.item<double>());
    }
}
