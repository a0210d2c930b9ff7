using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Runs operators along any dimension and on 16-bit floats.</summary>
internal static class Along
{
    /// <summary>Applies an operator to x with its dimension moved to the end, widened to float32 where it is narrower, and without
    /// gaps; autograd sees each of these steps. What is narrowed again, the result and the gradient, stays within the range of its type.</summary>
    /// <remarks>The scope disposes of every handle but the result; what the backward pass needs, the graph holds.</remarks>
    public static Tensor Dimension(Tensor x, long dim, Func<Tensor, RowOperator> create)
    {
        using var scope = NewDisposeScope();
        var last = x.dim() - 1;
        var moved = dim != -1 && dim != last;
        var narrow = x.dtype is ScalarType.Float16 or ScalarType.BFloat16;
        var rows = moved ? x.movedim([dim], [-1]) : x;
        rows = narrow ? Widening.To(rows, ScalarType.Float32) : rows;
        rows = rows.Dense();
        var result = create(rows).Apply(rows);
        result = narrow ? result.Narrow(x.dtype) : result;
        result = moved ? result.movedim([-1], [dim]) : result;
        GC.KeepAlive(x); // The core reads its memory as a span, which would not keep it from being finalized. All else is in the scope.
        return result.MoveToOuterDisposeScope();
    }
}
