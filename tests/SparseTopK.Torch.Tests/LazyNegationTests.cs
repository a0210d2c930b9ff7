using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Views that torch negates only when it reads them: their memory holds the other sign.</summary>
public class LazyNegationTests
{
    private static readonly Func<Tensor, Tensor>[] Functions =
    [
        x => Functional.topk_mask(x, 1, 1), x => Functional.topk_magnitude(x, 1, 1), x => Functional.topk_magnitude(x, tensor(1), 1, 1.5),
        x => Functional.soft_rank(x, 1), x => Functional.soft_sort(x, 1), x => Functional.isotonic_regression(x),
        x => Functional.hard_topk_magnitude(x, 1, 1), x => Functional.straight_through_topk_magnitude(x, 1, 1),
    ];

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void A_view_is_read_with_its_sign(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        foreach (var function in Functions)
        {
            Check(function, 1);
            Check(function, 3);
        }
    }
    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void Weights_are_read_with_their_sign(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var weights = Negated(2, 1);
        var objective = IsotonicObjective.LinearTerm(PNorm.Quadratic(1));
        Assert.Equal(-1, Functional.isotonic_regression(ones(1, 1, ScalarType.Float64), weights, objective).item<double>());
        Assert.Equal(1, Losses.spearman_loss(Negated(1, 1), Negated(2, 1), 1).item<double>());
        Assert.Equal(2, RouterStatistics.Of(Negated(2, 1)).Importance[0]);
    }

    private static void Check(Func<Tensor, Tensor> function, long rows)
    {
        var (x, g) = (Negated(0.3, rows), Negated(-0.7, rows));
        var (copy, gradient) = (x.clone().requires_grad_(), g.clone());
        x.requires_grad_();
        Assert.True(x.is_neg() && g.is_neg());
        Assert.Equal(rows == 1, x.is_contiguous()); // The only shape that passes for memory that can be read as it is.
        var (y, expected) = (function(x), function(copy));
        Assert.Equal(Operators.Entries<double>(expected), Operators.Entries<double>(y));
        y.backward([g]);
        expected.backward([gradient]);
        Assert.Equal(Operators.Entries<double>(copy.grad!), Operators.Entries<double>(x.grad!));
    }

    /// <summary>A column of a value.</summary>
    private static Tensor Negated(double value, long rows) => complex(zeros(rows, 1, ScalarType.Float64), full(rows, 1, -value, ScalarType.Float64)).conj().imag;
}
