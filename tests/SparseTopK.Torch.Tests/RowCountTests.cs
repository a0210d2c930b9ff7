using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>A k of its own for each row.</summary>
public class RowCountTests
{
    public static TheoryData<TopKOperator, ComputePath> Cases
    {
        get
        {
            var data = new TheoryData<TopKOperator, ComputePath>();
            foreach (var op in Enum.GetValues<TopKOperator>())
            {
                foreach (var path in Enum.GetValues<ComputePath>().Where(path => path != ComputePath.Kernels || HostKernels.Missing is null))
                {
                    data.Add(op, path);
                }
            }

            return data;
        }
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Each_row_has_the_values_and_the_gradient_of_its_own_k(TopKOperator op, ComputePath path)
    {
        using var on = new OnPath(path);
        foreach (var dim in new long[] { 0, 1, 2, -1 })
        {
            using var scope = NewDisposeScope();
            var x = Operators.Normal(1, ScalarType.Float64, 4, 5, 6).requires_grad_();
            var shape = x.select(dim, 0).shape;
            var k = arange(shape[0] * shape[1], ScalarType.Int64).remainder(5).reshape(shape);
            var y = op.Apply(x, k, 0.5, 1.5, dim);
            y.backward([ones_like(y) * x.detach()]);
            var (rows, results, gradients) = (Rows(x.detach(), dim), Rows(y.detach(), dim), Rows(x.grad!, dim));
            var counts = Operators.Entries<long>(k);
            for (var row = 0; row < counts.Length; row++)
            {
                var single = rows[row].clone().requires_grad_();
                var expected = op.Apply(single, counts[row], 0.5, 1.5);
                expected.backward([single.detach()]);
                Assert.True((expected.detach() - results[row]).abs().max().item<double>() < 1e-12);
                Assert.True((single.grad! - gradients[row]).abs().max().item<double>() < 1e-11);
            }
        }
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void A_k_that_broadcasts_serves_several_rows(TopKOperator op, ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var x = Operators.Normal(2, ScalarType.Float32, 4, 5, 6);
        Assert.True(op.Apply(x, tensor(3), 0.5).equal(op.Apply(x, 3, 0.5)).all().item<bool>());
        Assert.True(op.Apply(x, arange(1, 6, ScalarType.Int16), 0.5)[2].equal(op.Apply(x, arange(1, 6, ScalarType.Byte), 0.5)[2]).all().item<bool>());
        Assert.True(op.Apply(x, arange(4, ScalarType.Int32).remainder(2).add(2).unsqueeze(1), 0.5)[3].equal(op.Apply(x[3], 3, 0.5)).all().item<bool>());
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void A_second_derivative_sees_each_k(TopKOperator op, ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var k = tensor(new long[] { 1, 3 });
        Tensor Second(Tensor x, Tensor count)
        {
            var first = autograd.grad([op.Apply(x, count, 0.6, 1.5)], [x], [x.detach()], retain_graph: true, create_graph: true)[0];
            return autograd.grad([first.pow(2).sum()], [x])[0];
        }

        var rows = tensor(FunctionCases.Row.Concat(FunctionCases.Row).ToArray(), [2, 8]).requires_grad_();
        var both = Second(rows, k);
        for (var row = 0; row < 2; row++)
        {
            var single = Second(rows.detach()[row].clone().requires_grad_(), k[row]);
            Assert.True((both[row] - single).abs().max().item<double>() < 1e-9);
        }

        Assert.True((both[0] - both[1]).abs().max().item<double>() > 1e-3);
    }

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void What_is_no_k_of_these_rows_is_refused(TopKOperator op, ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var x = zeros(3, 5);
        Tensor[] bad =
        [
            tensor(new long[] { 1, 2 }), tensor(new long[] { 1, 2, 6 }), tensor(new long[] { -1, 2, 5 }), ones(3), ones(3, ScalarType.Bool),
            tensor(1L << 32), tensor(new long[] { 1, 2, 3 }).unsqueeze(0),
        ];
        Assert.All(bad, k => Assert.Equal("k", Assert.ThrowsAny<ArgumentException>(() => op.Apply(x, k, 1)).ParamName));
        Assert.Equal("k", Assert.Throws<ArgumentNullException>(() => op.Apply(x, null!, 1)).ParamName);
    }

    private static Tensor[] Rows(Tensor x, long dim) => x.movedim([dim], [-1]).reshape(-1, x.shape[(int)((dim + 3) % 3)]).unbind();
}
