using TorchSharp;
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
        return (x.numel() == 0 ? zeros_like(x) : Chosen(x, k, counts, dim)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc cref="Mask"/>
    public static Tensor Magnitude(Tensor x, long k, Tensor? counts, long dim)
    {
        using var scope = NewDisposeScope();
        using var size = x.detach().abs();
        return (x * Mask(size, k, counts, dim)).MoveToOuterDisposeScope(); // The mask is NaN throughout an invalid row.
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

    /// <summary>1 at the k largest keys of each row, the first of those that tie, and 0 elsewhere; NaN throughout a row with a key, or a k,
    /// that is not admitted.</summary>
    private static Tensor Chosen(Tensor keys, long k, Tensor? counts, long dim)
    {
        var n = Arguments.Length(keys, dim);
        var perRow = counts?.to(keys.device).unsqueeze(dim);
        var most = perRow is null ? k : keys.device_type == DeviceType.CPU ? perRow.max().item<long>() : n; // Not read from another device.
        if (most == 0)
        {
            return Background(keys.amax([dim], keepdim: true)).expand_as(keys).clone();
        }

        var (values, places) = keys.topk((int)most, (int)dim, sorted: perRow is not null);
        var background = Background(values.amax([dim], keepdim: true));
        var (least, count) = (values.amin([dim], keepdim: true), perRow ?? background.Filled(k, ScalarType.Int64));
        if (perRow is not null)
        {
            background = background.Fill(perRow.IsBelow(0) | perRow.IsAbove(n), double.NaN);
            least = values.gather(dim, perRow.Plus(-1L).Within(0, most - 1)).Fill(perRow.IsAt(0), double.PositiveInfinity);
        }

        if (ComputePaths.For(keys) != ComputePaths.Core || HasTies(keys, least, count, dim))
        {
            return FirstFrom(keys, least, count, dim).to(keys.dtype).Plus(background);
        }

        var chosen = (ones_like(places).cumsum(dim) <= count) & values.isneginf().logical_not();
        return background.expand_as(keys).clone().scatter_(dim, places, chosen.to(keys.dtype).Plus(background));
    }

    /// <summary>0 for each row, or NaN where its largest key is not admitted.</summary>
    private static Tensor Background(Tensor largest) => zeros_like(largest).Fill(largest.IsBelow(double.PositiveInfinity).logical_not(), double.NaN);

    /// <summary>Whether more keys of a row than it has places are as large as the last that is chosen. The host waits for the answer.</summary>
    private static bool HasTies(Tensor keys, Tensor least, Tensor count, long dim) =>
        (((keys >= least).sum(dim, keepdim: true) > count) & least.isneginf().logical_not()).any().item<bool>();

    /// <summary>The keys above the least one, and the first of those that equal it: so many in all. -infinity is not chosen.</summary>
    private static Tensor FirstFrom(Tensor keys, Tensor least, Tensor count, long dim)
    {
        var (above, tied) = (keys > least, (keys == least) & least.isneginf().logical_not());
        var missing = count - above.sum(dim, keepdim: true);
        return above | (tied & (tied.cumsum(dim) <= missing));
    }
}
