using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Hard choices, on any device.</summary>
internal static class HardTopK
{
    /// <param name="x">The scores.</param>
    /// <param name="k">A number for all rows,</param>
    /// <param name="counts">or one per row.</param>
    /// <param name="dim">The dimension.</param>
    public static Tensor Mask(Tensor x, long k, Tensor? counts, long dim)
    {
        using var graph = no_grad();
        using var scope = NewDisposeScope();
        var chosen = Chosen(x, k, counts, dim) & x.isneginf().logical_not();
        var invalid = x.isnan() | x.isposinf();
        return Constant(chosen, invalid, x, counts, dim).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Mask"/>
    public static Tensor Magnitude(Tensor x, long k, Tensor? counts, long dim)
    {
        using var scope = NewDisposeScope();
        Tensor factor, chosen;
        using (no_grad())
        {
            chosen = Chosen(x.abs(), k, counts, dim);
            factor = Constant(chosen, x.isfinite().logical_not(), x, counts, dim);
        }

        // By a constant that is NaN throughout an invalid row.
        return (x.Fill(x.isfinite().logical_not(), 0) * factor).MoveToOuterDisposeScope();
    }

    /// <summary>The value of one, the gradient of the other.</summary>
    public static Tensor StraightThrough(Tensor hard, Func<Tensor> soft)
    {
        using var scope = NewDisposeScope();
        scope.Attach(hard);
        var constant = hard.detach();
        var estimate = soft();
        return (estimate.requires_grad ? constant.Plus(estimate - estimate.detach()) : constant.alias()).MoveToOuterDisposeScope();
    }

    /// <summary>The first k places of each row in a stable, decreasing order.</summary>
    private static Tensor Chosen(Tensor keys, long k, Tensor? counts, long dim)
    {
        var n = Arguments.Length(keys, dim);
        var places = keys.sort(dim, descending: true, stable: true).Indices;
        var rank = keys.Places(n).expand(keys.movedim([dim], [-1]).shape).movedim([-1], [dim]);
        var first = counts is null ? rank.IsBelow(k) : rank < counts.to(keys.device).unsqueeze(dim);
        return zeros_like(keys, ScalarType.Bool).scatter(dim, places, first.contiguous());
    }

    /// <summary>1 where chosen and 0 elsewhere; NaN throughout a row with an entry, or a k, that is not admitted.</summary>
    private static Tensor Constant(Tensor chosen, Tensor invalid, Tensor x, Tensor? counts, long dim)
    {
        if (x.numel() == 0)
        {
            return zeros_like(x);
        }

        var rows = invalid.any(dim, keepdim: true);
        if (counts is not null)
        {
            var k = counts.to(x.device).unsqueeze(dim);
            rows = rows | k.IsBelow(0) | k.IsAbove(Arguments.Length(x, dim));
        }

        return chosen.to(x.dtype).Fill(rows, double.NaN);
    }
}
