using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>What soft ranks, soft sorts and isotonic regressions refuse, and how weights are read.</summary>
public class OrderingErrorTests
{
    [TorchFact]
    public void Arguments_out_of_range_are_named()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 5);
        Named("lambda", () => Functional.soft_rank(x, 0));
        Named("lambda", () => Functional.soft_sort(x, double.NaN));
        Named("direction", () => Functional.soft_rank(x, 1, (SortDirection)7));
        Named("regularization", () => Functional.soft_sort(x, 1, regularization: (SoftRegularization)7));
        Named("dim", () => Functional.soft_rank(x, 1, dim: 2));
        Named("x", () => Functional.soft_sort(tensor(1.0f), 1));
        Named("x", () => Functional.isotonic_regression(null!));
        Named("order", () => Functional.isotonic_regression(x, order: (IsotonicOrder)7));
        Assert.Throws<NotSupportedException>(() => Functional.soft_rank(x.to(ScalarType.Int64), 1));
    }

    [TorchFact]
    public void Weights_that_do_not_fit_are_named()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, 5);
        Named("weights", () => Functional.isotonic_regression(x, null, IsotonicObjective.LinearTerm(PNorm.Quadratic(1))));
        Named("weights", () => Functional.isotonic_regression(x, ones(2)));
        Named("weights", () => Functional.isotonic_regression(x, ones(5), dim: 0));
        Named("weights", () => Functional.isotonic_regression(x, ones(5, ScalarType.Int64)));
        Named("weights", () => Functional.isotonic_regression(x, ones(5).requires_grad_()));
        Named("weights", () => Functional.isotonic_regression(x, ones(5, device: META)));
        Named("weights", () => Functional.isotonic_regression(x, zeros(5)));
        Named("weights", () => Functional.isotonic_regression(x, ones(5).neg(), IsotonicObjective.QuadraticTerm(PNorm.Quadratic(1))));
    }

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    [KernelPathData]
    public void Weights_are_for_all_rows_or_one_per_entry(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var x = Operators.Normal(1, ScalarType.Float64, 6, 4);
        var weights = rand(6, 4, ScalarType.Float32) + 0.5;
        var all = Functional.isotonic_regression(x, weights, dim: 0);
        for (var row = 0; row < 4; row++)
        {
            var single = Functional.isotonic_regression(x.select(1, row), weights.select(1, row));
            Assert.True((single - all.select(1, row)).abs().max().item<double>() < 1e-12);
            var shared = Functional.isotonic_regression(x, weights.select(1, row), dim: 0);
            Assert.True((single - shared.select(1, row)).abs().max().item<double>() < 1e-12);
        }
    }

    [TorchFact]
    public void Where_weights_cannot_be_read_a_row_that_they_spoil_is_NaN()
    {
        using var on = new OnPath(ComputePath.TorchOperations);
        using var scope = NewDisposeScope();
        var x = Operators.Normal(2, ScalarType.Float64, 2, 3).requires_grad_();
        var v = Functional.isotonic_regression(x, tensor(new double[] { 1, 0, 1, 1, 2, 1 }, [2, 3]));
        v.backward([ones_like(v)]);
        Assert.True(v[0].isnan().all().item<bool>() && v[1].isfinite().all().item<bool>());
        Assert.True(x.grad![0].isnan().all().item<bool>() && x.grad![1].isfinite().all().item<bool>());
    }

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    [KernelPathData]
    public void Ties_masked_entries_and_invalid_rows_are_as_documented(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var (inf, nan) = (double.PositiveInfinity, double.NaN);
        var x = tensor(new[] { 1.0, 1, 1, -inf, 5, 2, nan, 1, 2, inf, 1, 2, 1, 5, -3 }, [5, 3]).requires_grad_();
        foreach (var kind in Enum.GetValues<SoftRegularization>())
        {
            foreach (var direction in Enum.GetValues<SortDirection>())
            {
                var y = Functional.soft_rank(x, 0.1, direction, kind);
                x.grad = null;
                y.backward([arange(15, ScalarType.Float64).reshape(5, 3)]);
                var rows = Operators.Entries<double>(y);
                Assert.Single(rows[..3].Distinct());
                Assert.Equal(direction == SortDirection.Ascending ? [1, 3, 2] : [3, 1, 2], rows[3..6]);
                Assert.True(y[2].isnan().all().item<bool>() && y[3].isnan().all().item<bool>() && x.grad![2].isnan().all().item<bool>());
                Assert.Equal(new double[3], Operators.Entries<double>(x.grad![1]));
                Assert.True(Functional.soft_sort(x, 1, direction, kind)[1].isnan().all().item<bool>());
            }
        }
    }

    private static void Named(string argument, Func<Tensor> call)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Equal(argument, error.ParamName, ignoreCase: true); // SoftOrder's own parameters are capitalized.
    }
}
