using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The values are the core's, bit for bit, whatever the layout of the tensor.</summary>
public class ValueTests
{
    public static TheoryData<TopKOperator, double> Cases => new()
    {
        { TopKOperator.Mask, 2 }, { TopKOperator.Mask, 4.0 / 3 }, { TopKOperator.Mask, 1.5 },
        { TopKOperator.Magnitude, 2 }, { TopKOperator.Magnitude, 4.0 / 3 }, { TopKOperator.Magnitude, 1.5 },
    };

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Float32_has_the_bits_of_the_core(TopKOperator op, double p)
    {
        using var x = Operators.Normal(1, ScalarType.Float32, 7, 33);
        using var y = op.Apply(x, 5, 0.3, p);
        Assert.Equal(op.Core(Operators.Entries<float>(x), 33, 5, new PNorm(p, 0.3)), Operators.Entries<float>(y));
        Assert.Equal(x.shape, y.shape);
        Assert.Equal(ScalarType.Float32, y.dtype);
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Float64_has_the_bits_of_the_core(TopKOperator op, double p)
    {
        using var x = Operators.Normal(2, ScalarType.Float64, 3, 4, 10);
        using var y = op.Apply(x, 3, 0.5, p, solver: TopKSolver.Pav);
        var expected = op.Core(Operators.Entries<double>(x), 10, 3, new PNorm(p, 0.5), TopKSolver.Pav);
        Assert.Equal(expected, Operators.Entries<double>(y));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask, 0)]
    [InlineData(TopKOperator.Mask, 1)]
    [InlineData(TopKOperator.Mask, -3)]
    [InlineData(TopKOperator.Magnitude, 0)]
    [InlineData(TopKOperator.Magnitude, 1)]
    [InlineData(TopKOperator.Magnitude, -1)]
    public void A_dimension_is_moved_to_the_end_and_back(TopKOperator op, long dim)
    {
        using var x = Operators.Normal(3, ScalarType.Float64, 4, 5, 6);
        using var moved = x.movedim([dim], [-1]).contiguous();
        using var y = op.Apply(x, 2, 0.4, dim: dim);
        using var back = y.movedim([dim], [-1]);
        var expected = op.Core(Operators.Entries<double>(moved), (int)moved.shape[2], 2, PNorm.Quadratic(0.4));
        Assert.Equal(x.shape, y.shape);
        Assert.Equal(expected, Operators.Entries<double>(back));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Views_are_read_as_they_look(TopKOperator op)
    {
        using var x = Operators.Normal(4, ScalarType.Float32, 8, 12);
        Tensor[] views = [x.t(), x[3], x.narrow(0, 2, 5), x.narrow(1, 4, 6), x.slice(1, 0, 12, 2), x[0].expand(3, 12)];
        foreach (var view in views)
        {
            using var copy = view.clone().contiguous();
            using var y = op.Apply(view, 2, 0.3);
            Assert.Equal(op.Core(Operators.Entries<float>(copy), (int)view.shape[^1], 2, PNorm.Quadratic(0.3)), Operators.Entries<float>(y));
            view.Dispose();
        }
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Empty_tensors_give_empty_results(TopKOperator op)
    {
        foreach (long[] shape in new long[][] { [0, 5], [5, 0], [0] })
        {
            using var x = zeros(shape, requires_grad: true);
            using var y = op.Apply(x, 0, 1);
            using var sum = y.sum();
            sum.backward();
            Assert.Equal(shape, y.shape);
            Assert.Equal(shape, x.grad!.shape);
        }
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void The_input_is_not_written(TopKOperator op)
    {
        using var x = Operators.Normal(5, ScalarType.Float32, 3, 9);
        var before = Operators.Entries<float>(x);
        using var y = op.Apply(x, 4, 0.2, 4.0 / 3);
        Assert.Equal(before, Operators.Entries<float>(x));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask, 0)]
    [InlineData(TopKOperator.Mask, 1)]
    [InlineData(TopKOperator.Magnitude, 0)]
    [InlineData(TopKOperator.Magnitude, 1)]
    public void Only_the_result_is_left_to_the_caller(TopKOperator op, long dim)
    {
        using var x = Operators.Normal(6, ScalarType.Float32, 4, 4).requires_grad_();
        using var scope = NewDisposeScope();
        var y = op.Apply(x, 2, 0.3, dim: dim);
        Assert.Equal(1, scope.DisposablesCount);
        Assert.True(scope.Contains(y));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Dykstra_is_an_approximation_that_says_where_it_fails(TopKOperator op)
    {
        using var scope = NewDisposeScope();
        var (x, g) = (Operators.Normal(7, ScalarType.Float64, 4, 20).requires_grad_(), Operators.Normal(8, ScalarType.Float64, 4, 20));
        var (exact, near) = (op.Apply(x, 4, 0.3), op.Apply(x, 4, 0.3, solver: TopKSolver.Dykstra));
        Assert.True((exact - near).abs().max().item<double>() < 1e-4);
        near.backward([g]);
        Assert.Contains(Operators.Entries<double>(x.grad!), v => v != 0);

        var wide = linspace(0, 1, 4000, ScalarType.Float64).requires_grad_();
        Assert.Throws<DykstraConvergenceException>(() => op.Apply(wide, 2000, 1000, solver: TopKSolver.Dykstra));
    }
}
