using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Torch operations alone: ranks, sorts and isotonic regression.</summary>
internal sealed partial class TorchPath
{
    public (Tensor Y, Tensor Permutation, Tensor Blocks) Order(Tensor x, OrderArguments arguments)
    {
        if (x.numel() == 0)
        {
            return (zeros_like(x), zeros_like(x, ScalarType.Int64), zeros_like(x, ScalarType.Int64));
        }

        using var scope = NewDisposeScope();
        var row = new OrderedRows(x.Widen(), arguments);
        var y = arguments.IsRank
            ? zeros_like(row.Weights).scatter(-1, row.Permutation, row.Output)
            : row.Output.Times(arguments.Sign);
        y = y.InvalidateRows(row.Invalid).Narrow(x.dtype);
        var starts = row.Starts.Fill(row.Invalid, -1L);
        return scope.MoveToOuter(y, row.Permutation.contiguous(), starts);
    }

    public Tensor OrderVjp(Tensor x, Tensor permutation, Tensor blocks, Tensor g, OrderArguments arguments) =>
        OrderProduct.Vjp(x, permutation, blocks, g, arguments);

    public (Tensor V, Tensor Blocks, Tensor? Values) Regress(Tensor x, Tensor? weights, RegressionArguments arguments)
    {
        if (x.numel() == 0)
        {
            return (zeros_like(x), zeros_like(x, ScalarType.Int64), null);
        }

        using var scope = NewDisposeScope();
        var wide = x.Widen();
        var w = weights is null ? ones_like(wide) : weights.to(wide.dtype).expand_as(wide);
        var invalid = (wide.isfinite() & RegressionRows.Admitted(w, arguments.Objective)).logical_not().any(-1, keepdim: true);
        var (values, starts) = RegressionRows.Solve(wide.Fill(invalid, 0), w.Fill(invalid, 1), arguments);
        values = values.InvalidateRows(invalid);
        return scope.MoveToOuter(values.Narrow(x.dtype).clone(), starts.Fill(invalid, -1L), values);
    }

    public Tensor RegressVjp(
        Tensor x, Tensor v, Tensor? weights, Tensor blocks, Tensor? values, Tensor g, RegressionArguments arguments) =>
        RegressionProduct.Vjp(x, v, weights, blocks, values, g, arguments);
}
