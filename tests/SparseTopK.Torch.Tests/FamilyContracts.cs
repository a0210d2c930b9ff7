using System.Runtime.CompilerServices;
using SparseTopK.TestKit;
using SparseTopK.Torch.Functions;
using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The contract of isotonic regression on torch operations.</summary>
internal sealed class TorchIsotonicContract(ScalarType type) : IsotonicContract
{
    /// <summary>The values of the blocks in float64, which the derivative takes where v has fewer digits.</summary>
    private readonly ConditionalWeakTable<double[], Tensor> _values = [];

    protected override bool IsDouble => type == ScalarType.Float64;

    protected override (double[] V, int[] Ends) Forward(double[] x, int n, double[] w, IsotonicObjective objective, IsotonicOrder order)
    {
        using var scope = NewDisposeScope();
        var (v, starts, values) = ComputePaths.TorchOperations.Regress(
            ContractRows.Of(x, n, type), Weights(x, w, n), new(n, objective, order));
        var solution = ContractRows.Entries(v);
        if (values is not null)
        {
            _values.AddOrUpdate(solution, values.DetachFromDisposeScope());
        }

        return (solution, ContractRows.Ends(starts, n));
    }

    protected override double[] Vjp(double[] x, double[] v, int[] ends, double[] g, int n, double[] w, IsotonicObjective objective) =>
        ContractRows.Vjp(g, n, type, cotangent => Product(x, v, ends, cotangent, n, w, objective));

    protected override double[] Jvp(double[] x, double[] v, int[] ends, double[] dx, int n, double[] w, IsotonicObjective objective) =>
        ContractRows.Jvp(dx, n, type, cotangent => Product(x, v, ends, cotangent, n, w, objective));

    private Tensor Product(double[] x, double[] v, int[] ends, Tensor g, int n, double[] w, IsotonicObjective objective) =>
        ComputePaths.TorchOperations.RegressVjp(
            ContractRows.Of(x, n, type), ContractRows.Of(v, n, type), Weights(x, w, n), ContractRows.Starts(ends, n),
            _values.TryGetValue(v, out var values) ? values : null, g, new(n, objective, IsotonicOrder.Decreasing));

    private Tensor? Weights(double[] x, double[] w, int n) =>
        w.Length == 0 ? null : w.Length == x.Length ? ContractRows.Of(w, n, type) : tensor(w).to(type);
}

/// <summary>The contract of soft ranks and sorts on torch operations.</summary>
internal sealed class TorchSoftOrderContract(ScalarType type) : SoftOrderContract
{
    protected override bool IsDouble => type == ScalarType.Float64;

    protected override (double[] Y, int[] Order, int[] Ends) Rank(double[] x, int n, SoftOrder order) => Forward(x, n, new(n, order, IsRank: true));

    protected override (double[] Y, int[] Order, int[] Ends) Sort(double[] x, int n, SoftOrder order) => Forward(x, n, new(n, order, IsRank: false));

    protected override double[] RankVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        ContractRows.Vjp(g, n, type, cotangent => Product(x, order, ends, cotangent, new(n, kind, IsRank: true)));

    protected override double[] RankJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        ContractRows.Jvp(dx, n, type, cotangent => Product(x, order, ends, cotangent, new(n, kind, IsRank: true)));

    protected override double[] SortVjp(double[] x, int[] order, int[] ends, double[] g, int n, SoftOrder kind) =>
        ContractRows.Vjp(g, n, type, cotangent => Product(x, order, ends, cotangent, new(n, kind, IsRank: false)));

    protected override double[] SortJvp(double[] x, int[] order, int[] ends, double[] dx, int n, SoftOrder kind) =>
        ContractRows.Jvp(dx, n, type, cotangent => Product(x, order, ends, cotangent, new(n, kind, IsRank: false)));

    private (double[] Y, int[] Order, int[] Ends) Forward(double[] x, int n, OrderArguments arguments)
    {
        using var scope = NewDisposeScope();
        var (y, permutation, starts) = ComputePaths.TorchOperations.Order(ContractRows.Of(x, n, type), arguments);
        return (ContractRows.Entries(y), [.. ContractRows.Integers(permutation).Select(place => (int)place)], ContractRows.Ends(starts, n));
    }

    private Tensor Product(double[] x, int[] order, int[] ends, Tensor g, OrderArguments arguments) =>
        ComputePaths.TorchOperations.OrderVjp(
            ContractRows.Of(x, arguments.N, type), tensor(order).view(-1, arguments.N).to(ScalarType.Int64),
            ContractRows.Starts(ends, arguments.N), g, arguments);
}

/// <summary>Rows of a contract as tensors, and products as arrays.</summary>
internal static class ContractRows
{
    public static Tensor Of(double[] values, int n, ScalarType type) => tensor(values, [n == 0 ? 0 : values.Length / n, n]).to(type);

    public static double[] Entries(Tensor values)
    {
        using var wide = values.detach().to(ScalarType.Float64).contiguous();
        return wide.numel() == 0 ? [] : wide.data<double>().ToArray();
    }

    public static long[] Integers(Tensor values) => values.numel() == 0 ? [] : values.contiguous().data<long>().ToArray();

    /// <summary>The ends of the blocks, then n; 0 first in a row without a solution.</summary>
    public static int[] Ends(Tensor starts, int n)
    {
        var places = Integers(starts);
        var ends = new int[places.Length];
        for (var row = 0; row < places.Length; row += Math.Max(1, n))
        {
            var count = row;
            for (var i = 0; i < n && places[row] >= 0; i++)
            {
                if (i == n - 1 || places[row + i + 1] == i + 1)
                {
                    ends[count++] = i + 1;
                }
            }

            ends.AsSpan(count, row + n - count).Fill(count == row ? 0 : n);
        }

        return ends;
    }

    public static Tensor Starts(int[] ends, int n) => Blocks.Starts(tensor(ends).view(n == 0 ? 0 : ends.Length / n, n));

    public static double[] Vjp(double[] g, int n, ScalarType type, Func<Tensor, Tensor> product)
    {
        using var scope = NewDisposeScope();
        return Entries(product(Of(g, n, type)));
    }

    /// <summary>The derivative of the VJP in its cotangent; NaN in rows where that is NaN, a constant to autograd.</summary>
    public static double[] Jvp(double[] dx, int n, ScalarType type, Func<Tensor, Tensor> product)
    {
        using var scope = NewDisposeScope();
        var cotangent = zeros(n == 0 ? 0 : dx.Length / n, n, dtype: type).requires_grad_();
        if (dx.Length == 0)
        {
            return [];
        }

        var gradient = product(cotangent);
        return Entries(autograd.grad([gradient], [cotangent], [Of(dx, n, type)])[0].masked_fill(gradient.detach().isnan(), double.NaN));
    }
}
