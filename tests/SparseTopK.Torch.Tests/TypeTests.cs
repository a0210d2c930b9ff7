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
