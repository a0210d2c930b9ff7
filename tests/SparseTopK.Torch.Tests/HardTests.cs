using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Hard choices, and hard values with soft gradients.</summary>
public class HardTests
{
    [TorchFact]
    public void Exactly_k_entries_are_chosen_and_the_first_of_tied_ones()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 3, 3, 3, -5 });
        Assert.Equal([0, 1, 1, 0, 0], Operators.Entries<double>(Functional.hard_topk_mask(x, 2, 1)));
        Assert.Equal([0, 3, 0, 0, -5], Operators.Entries<double>(Functional.hard_topk_magnitude(x, 2, 1)));
        Assert.Equal(new double[5], Operators.Entries<double>(Functional.hard_topk_mask(x, 0, 1)));
        Assert.Equal(Operators.Entries<double>(x), Operators.Entries<double>(Functional.hard_topk_magnitude(x, 5, 1)));
    }

    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void The_first_of_tied_entries_are_chosen_in_rows_of_any_length(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        foreach (var n in new[] { 7, 100, 3000 })
        {
            var x = Operators.Normal(n, ScalarType.Float32, 3, n).Times(2).round();
            x[0, TensorIndex.Slice(0, 3)] = float.NegativeInfinity;
            x[2] = 0;
            long[] counts = [n / 2, 1, n - 2];
            var expected = Enumerable.Range(0, 3).Select(row => First(Operators.Entries<float>(x[row]), (int)counts[row])).ToArray();
            var perRow = Functional.hard_topk_mask(x, tensor(counts), 1);
            var columns = Functional.hard_topk_mask(x.t(), tensor(counts), 1, dim: 0);
            for (var row = 0; row < 3; row++)
            {
                var mask = Functional.hard_topk_mask(x, counts[row], 1);
                var magnitude = Functional.hard_topk_magnitude(x.exp(), counts[row], 1);
                Assert.Equal(expected[row], Operators.Entries<float>(mask[row]));
                Assert.Equal(expected[row], Operators.Entries<float>(perRow[row]));
                Assert.Equal(expected[row], Operators.Entries<float>(columns.t()[row]));
                Assert.Equal(Operators.Entries<float>((x.exp() * mask)[row]), Operators.Entries<float>(magnitude[row]));
            }
        }
    }

    [TorchFact]
    public void The_soft_operators_tend_to_the_hard_ones()
    {
        using var scope = NewDisposeScope();
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16 })
        {
            var x = tensor(FunctionCases.Row.Concat(FunctionCases.Row.Reverse()).ToArray(), [2, 8]).to(type);
            foreach (var (dim, k) in new[] { (1L, 3L), (-1L, 7L) })
            {
                Assert.True(Functional.hard_topk_mask(x, k, 1, dim: dim).equal(Functional.topk_mask(x, k, 1e-6, dim: dim)).all().item<bool>());
                Assert.True(Functional.hard_topk_magnitude(x, k, 1, dim: dim).equal(Functional.topk_magnitude(x, k, 1e-6, dim: dim)).all().item<bool>());
            }

            var counts = arange(2, 6, 3);
            Assert.True(Functional.hard_topk_mask(x, counts, 1).equal(Functional.topk_mask(x, counts, 1e-6)).all().item<bool>());
            Assert.True(Functional.hard_topk_magnitude(x.t(), counts, 1, dim: 0).equal(Functional.topk_magnitude(x.t(), counts, 1e-6, dim: -2)).all().item<bool>());
        }
    }

    [TorchFact]
    public void Masked_and_invalid_rows_are_those_of_the_soft_operators()
    {
        using var scope = NewDisposeScope();
        var (inf, nan) = (double.PositiveInfinity, double.NaN);
        var x = tensor(new[] { -inf, 1, -inf, nan, 1, 2, inf, 1, 2, 3, 1, 2 }, [4, 3]);
        foreach (var k in new long[] { 0, 1, 2, 3 })
        {
            Assert.Equal(Operators.Entries<double>(Functional.topk_mask(x, k, 1e-3)), Operators.Entries<double>(Functional.hard_topk_mask(x, k, 1)));
            Assert.Equal(
                Operators.Entries<double>(Functional.topk_magnitude(x, k, 1e-3)), Operators.Entries<double>(Functional.hard_topk_magnitude(x, k, 1)));
        }
    }

    [TorchFact]
    public void The_gradient_of_the_hard_mask_is_none_and_that_of_the_hard_magnitude_passes_where_kept()
    {
        using var scope = NewDisposeScope();
        var x = tensor(FunctionCases.Row).requires_grad_();
        Assert.False(Functional.hard_topk_mask(x, 3, 1).requires_grad);
        Functional.hard_topk_magnitude(x, 3, 1).backward([arange(8, ScalarType.Float64)]);
        Assert.Equal([0, 0, 0, 0, 4, 5, 0, 0], Operators.Entries<double>(x.grad!).Select((v, i) => i == 0 ? 0 : v));
    }

    [TorchTheory]
    [InlineData(TopKOperator.Mask)]
    [InlineData(TopKOperator.Magnitude)]
    public void Straight_through_has_the_hard_values_and_the_soft_gradient(TopKOperator op)
    {
        using var scope = NewDisposeScope();
        var (x, soft, g) = (tensor(FunctionCases.Row).requires_grad_(), tensor(FunctionCases.Row).requires_grad_(), Operators.Normal(1, ScalarType.Float64, 8));
        var isMask = op == TopKOperator.Mask;
        var y = isMask ? Functional.straight_through_topk_mask(x, 3, 0.6, 1.5) : Functional.straight_through_topk_magnitude(x, 3, 0.6, 1.5);
        var hard = isMask ? Functional.hard_topk_mask(x, 3, 0.6) : Functional.hard_topk_magnitude(x, 3, 0.6);
        Assert.Equal(Operators.Entries<double>(hard), Operators.Entries<double>(y));
        y.backward([g]);
        op.Apply(soft, 3, 0.6, 1.5).backward([g]);
        Assert.Equal(Operators.Entries<double>(soft.grad!), Operators.Entries<double>(x.grad!));

        var (k, constant) = (tensor(3), tensor(FunctionCases.Row));
        var counted = isMask ? Functional.straight_through_topk_mask(constant, k, 0.6) : Functional.straight_through_topk_magnitude(constant, k, 0.6);
        Assert.Equal(Operators.Entries<double>(hard), Operators.Entries<double>(counted));
        Assert.False(counted.requires_grad);
    }

    /// <summary>1 at the k largest, the first of equal ones; none of them -infinity.</summary>
    private static float[] First(float[] row, int k)
    {
        var mask = new float[row.Length];
        foreach (var i in Enumerable.Range(0, row.Length).OrderByDescending(i => row[i]).Take(k).Where(i => !float.IsNegativeInfinity(row[i])))
        {
            mask[i] = 1;
        }

        return mask;
    }
}
