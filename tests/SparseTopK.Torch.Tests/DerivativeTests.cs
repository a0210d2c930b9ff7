using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>First and second derivatives of every function in float64, on both paths, against central differences.</summary>
public class DerivativeTests
{
    private const double Step = 1e-5;

    public static TheoryData<string, ComputePath> Names => FunctionCases.Names;

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void The_gradient_agrees_with_central_differences_along_every_dimension(string name, ComputePath path)
    {
        foreach (var dim in new long[] { 0, 1, -1 })
        {
            using var scope = NewDisposeScope();
            var x = Input(dim);
            var g = Operators.Normal(1, ScalarType.Float64, x.shape);
            var gradient = Gradient(name, x.clone().requires_grad_(), g, dim, path, differentiable: false);
            var expected = Differences(x, shifted => (FunctionCases.Apply(name, shifted, dim, path) * g).sum().item<double>());
            AssertNear(expected, Operators.Entries<double>(gradient), 2e-7);
        }
    }

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void The_derivative_of_the_gradient_agrees_with_central_differences(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        var x = Input(-1);
        var (g, h) = (Operators.Normal(2, ScalarType.Float64, x.shape), Operators.Normal(3, ScalarType.Float64, x.shape));
        double Along(Tensor point, Tensor cotangent) =>
            (Gradient(name, point.clone().requires_grad_(), cotangent, -1, path, false) * h).sum().item<double>();

        var (input, output) = (x.clone().requires_grad_(), g.clone().requires_grad_());
        var along = (Gradient(name, input, output, -1, path, differentiable: true) * h).sum();
        var second = along.requires_grad
            ? autograd.grad([along], [input, output], allow_unused: true)
            : [zeros_like(x), zeros_like(x)];
        AssertNear(Differences(g, shifted => Along(x, shifted)), EntriesOrZeros(second[1], 16), 2e-6);
        AssertNear(Differences(x, shifted => Along(shifted, g)), EntriesOrZeros(second[0], 16), 2e-6);
    }

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    [KernelPathData]
    public void The_third_derivative_of_the_magnitude_is_right(ComputePath path)
    {
        const string Name = "magnitude, p = 1.33, Threshold";
        using var scope = NewDisposeScope();
        var x = Input(-1);
        var (g, h) = (Operators.Normal(4, ScalarType.Float64, x.shape), Operators.Normal(5, ScalarType.Float64, x.shape));
        Tensor Second(Tensor point, bool differentiable)
        {
            var first = Gradient(Name, point, g, -1, path, differentiable: true);
            return autograd.grad([(first * h).sum()], [point], retain_graph: differentiable, create_graph: differentiable)[0];
        }

        var input = x.clone().requires_grad_();
        var third = autograd.grad([(Second(input, true) * g).sum()], [input])[0];
        var expected = Differences(x, shifted => (Second(shifted.clone().requires_grad_(), false) * g).sum().item<double>());
        AssertNear(expected, Operators.Entries<double>(third), 1e-4);
        Assert.Contains(expected, v => Math.Abs(v) > 1);
    }

    [TorchTheory]
    [MemberData(nameof(Names))]
    public void Both_paths_give_the_same(string name, ComputePath path)
    {
        using var scope = NewDisposeScope();
        foreach (var seed in new[] { 6, 7, 8 })
        {
            var x = Operators.Normal(seed, ScalarType.Float64, 5, 8);
            var g = Operators.Normal(seed + 10, ScalarType.Float64, 5, 8);
            var other = path == ComputePath.Core ? ComputePath.TorchOperations : ComputePath.Core;
            AssertNear(Operators.Entries<double>(FunctionCases.Apply(name, x, -1, other)), Operators.Entries<double>(FunctionCases.Apply(name, x, -1, path)), 1e-7);
            var (here, there) = (x.clone().requires_grad_(), x.clone().requires_grad_());
            var expected = Gradient(name, there, g, -1, other, differentiable: true);
            AssertNear(Operators.Entries<double>(expected), Operators.Entries<double>(Gradient(name, here, g, -1, path, false)), 1e-5);
        }
    }

    /// <summary>Two rows along dim.</summary>
    private static Tensor Input(long dim) =>
        tensor(FunctionCases.Row.Concat(FunctionCases.Row.Select(v => 0.9 * v)).ToArray(), [2, 8]).movedim([-1], [dim]).contiguous();

    private static Tensor Gradient(string name, Tensor x, Tensor g, long dim, ComputePath path, bool differentiable) =>
        autograd.grad([FunctionCases.Apply(name, x, dim, path)], [x], [g], retain_graph: differentiable, create_graph: differentiable)[0];

    private static double[] Differences(Tensor x, Func<Tensor, double> f)
    {
        var result = new double[x.numel()];
        for (var i = 0; i < result.Length; i++)
        {
            var unit = zeros(x.numel(), ScalarType.Float64);
            unit[i] = Step;
            var shift = unit.reshape(x.shape);
            result[i] = (f(x + shift) - f(x - shift)) / (2 * Step);
        }

        return result;
    }

    private static double[] EntriesOrZeros(Tensor? tensor, int length) =>
        tensor is null || tensor.IsInvalid ? new double[length] : Operators.Entries<double>(tensor);

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        var scale = 1 + expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance * scale));
    }
}
