using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>16-bit floats: the float32 result, rounded.</summary>
public class TypeTests
{
    public static TheoryData<string, ComputePath> Names => FunctionCases.Names;

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Sixteen_bits_give_the_rounded_result_of_float32_forward_and_backward(string name, ComputePath path)
    {
        foreach (var type in new[] { ScalarType.Float16, ScalarType.BFloat16 })
        {
            using var scope = NewDisposeScope();
            var x = tensor(FunctionCases.Row).to(type).requires_grad_();
            var wide = x.detach().to(ScalarType.Float32).requires_grad_();
            var g = Operators.Normal(1, ScalarType.Float32, 8).to(type);
            var (y, expected) = (FunctionCases.Apply(name, x, -1, path), FunctionCases.Apply(name, wide, -1, path));
            y.backward([g]);
            expected.backward([g.to(ScalarType.Float32)]);
            Assert.Equal(type, y.dtype);
            Assert.Equal(type, x.grad!.dtype);
            Assert.True(y.equal(expected.to(type)).all().item<bool>());
            Assert.True(x.grad!.equal(wide.grad!.to(type)).all().item<bool>());
        }
    }

    /// <summary>A gradient that the type cannot hold is its largest number.</summary>
    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Gradients_of_sixteen_bits_stay_within_their_range(string name, ComputePath path)
    {
        foreach (var (type, most) in new[] { (ScalarType.Float16, 65504.0), (ScalarType.BFloat16, 3.3895313892515355e38) })
        {
            using var scope = NewDisposeScope();
            var rows = tensor(FunctionCases.Row.Concat(FunctionCases.Row.Select((v, i) => i == 2 ? double.NaN : v)).ToArray(), [2, 8]).to(type);
            var (x, wide) = (rows.clone().requires_grad_(), rows.to(ScalarType.Float32).requires_grad_());
            var g = (Operators.Normal(1, ScalarType.Float32, 2, 8).sign() * (0.95 * most)).to(type);
            var (y, expected) = (FunctionCases.Apply(name, x, -1, path), FunctionCases.Apply(name, wide, -1, path));
            foreach (var differentiable in new[] { true, false })
            {
                var gradient = autograd.grad([y], [x], [g], retain_graph: differentiable, create_graph: differentiable)[0];
                var wanted = autograd.grad([expected], [wide], [g.to(ScalarType.Float32)], retain_graph: differentiable, create_graph: differentiable)[0];
                Assert.Equal(Operators.Entries<float>(wanted.clamp(-most, most).to(type).to(ScalarType.Float32)), Operators.Entries<float>(gradient.to(ScalarType.Float32)));
                Assert.All(Operators.Entries<float>(gradient[0].to(ScalarType.Float32)), v => Assert.True(float.IsFinite(v)));
                Assert.All(Operators.Entries<float>(gradient[1].to(ScalarType.Float32)), v => Assert.True(float.IsNaN(v)));
            }
        }
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Half_ties_with_a_small_lambda_have_the_largest_gradient(TopKOperator op)
    {
        foreach (var path in Enum.GetValues<ComputePath>())
        {
            using var scope = NewDisposeScope();
            using var on = new OnPath(path);
            var x = tensor(new[] { 1, 1, 0.5 }).to(ScalarType.Float16).requires_grad_();
            op.Apply(x, 1, 1e-5).backward([tensor(new[] { 1.0, -1, 0 }).to(ScalarType.Float16)]);
            Assert.Equal([65504, -65504, 0], Operators.Entries<float>(x.grad!.to(ScalarType.Float32)));
        }
    }

    [TorchFact]
    public void Ranks_beyond_the_range_of_float16_are_its_largest_number()
    {
        using var scope = NewDisposeScope();
        var ranks = Functional.soft_rank(linspace(-1, 1, 70_000).to(ScalarType.Float16), 1e-6);
        Assert.Equal(65504, ranks.max().to(ScalarType.Float32).item<float>());
    }

    [TorchFact]
    public void Losses_of_sixteen_bits_have_finite_gradients()
    {
        using var scope = NewDisposeScope();
        var classes = tensor(new long[] { 0 });
        Func<Tensor, Tensor>[] losses =
        [
            scores => Losses.topk_loss(scores, classes, 1, 1e-6),
            scores => Losses.spearman_loss(scores, tensor(new[,] { { 1.0, 2, 3 } }), 1e-2) * 1e6,
        ];
        foreach (var loss in losses)
        {
            var scores = tensor(new[,] { { 1, 1, 0.5 } }).to(ScalarType.Float16).requires_grad_();
            loss(scores).backward();
            Assert.All(Operators.Entries<float>(scores.grad!.to(ScalarType.Float32)), v => Assert.True(float.IsFinite(v)));
            Assert.Contains(Operators.Entries<float>(scores.grad!.to(ScalarType.Float32)), v => Math.Abs(v) == 65504);
        }
    }

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Float32_is_as_near_to_float64_as_its_digits_allow(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        var x = tensor(FunctionCases.Row).to(ScalarType.Float32).requires_grad_();
        var wide = x.detach().to(ScalarType.Float64).requires_grad_();
        var g = Operators.Normal(2, ScalarType.Float32, 8);
        var (y, expected) = (FunctionCases.Apply(name, x, -1, path), FunctionCases.Apply(name, wide, -1, path));
        y.backward([g]);
        expected.backward([g.to(ScalarType.Float64)]);
        Assert.Equal(ScalarType.Float32, y.dtype);
        Assert.True((y.detach() - expected.detach()).abs().max().item<double>() < 1e-6);
        Assert.True((x.grad! - wide.grad!).abs().max().item<double>() < 2e-5 * (1 + wide.grad!.abs().max().item<double>()));
    }

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Empty_tensors_give_empty_results_and_gradients(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        var x = zeros([0, 8], ScalarType.Float64, requires_grad: true);
        var y = FunctionCases.Apply(name, x, -1, path);
        y.sum().backward();
        Assert.Equal([0, 8], y.shape);
        Assert.Equal([0, 8], x.grad!.shape);
    }

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Where_a_device_has_no_float64_the_torch_operations_compute_in_float32(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        var x = tensor(FunctionCases.Row).to(ScalarType.Float32).requires_grad_();
        var exact = x.detach().clone().requires_grad_();
        var g = Operators.Normal(3, ScalarType.Float32, 8);
        Tensor y;
        TorchOperations.Wide.HasNoDouble = true;
        try
        {
            y = FunctionCases.Apply(name, x, -1, path);
            y.backward([g]);
        }
        finally
        {
            TorchOperations.Wide.HasNoDouble = false;
        }

        var expected = FunctionCases.Apply(name, exact, -1, ComputePath.Core);
        expected.backward([g]);
        Assert.True((y.detach() - expected.detach()).abs().max().item<float>() < 1e-5);
        Assert.True((x.grad! - exact.grad!).abs().max().item<float>() < 2e-4 * (1 + exact.grad!.abs().max().item<float>()));
    }
}
