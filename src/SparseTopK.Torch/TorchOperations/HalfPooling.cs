using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Isotonic regression of many rows: the halves of a stretch are solved, then joined; all stretches of all rows at once.</summary>
/// <remarks>
/// <para>Where two solved halves are out of order, one block forms across their boundary, of value g. It takes the blocks of the left half
/// that are below g and those of the right half that are above g. A block of value t of the left half is below g exactly where t is below
/// the mean of all entries of the left half up to t and all entries of the right half down to t; the mirror image holds on the right. So
/// the new block is found in one pass of sums and searches, without an iteration.</para>
/// <para>Blocks cannot be split by rounding. The decision about an entry is a function of its value t alone: the searches count every entry
/// of value t, and the sums end after the last of them. All entries of a block have the same bits, and so have blocks that are tied, so
/// that they are taken together or left together. A wrong decision, which needs t and a mean that agree but for rounding, then moves
/// whole blocks by no more than that rounding; and since isotonic regression moves no value by more than its input was moved, the levels
/// above do not amplify it. What is taken always reaches from the boundary outwards without a hole, and values stay in order, bit by bit.</para>
/// <para>A block keeps its sums, not its mean, so that sums of integers are exact and equal means have equal bits.</para>
/// <para>Cost: O(n log^2 n) operations on O(n) memory, in about 70 log2(n) kernels. Nothing is read by the host.</para>
/// <para>Source: the pooling is that of Best, Chakravarti and Ubhaya, SIAM J. Optim. 2000; joined by halves instead of one by one.</para>
/// </remarks>
internal static class HalfPooling
{
    /// <summary>The starts of the blocks of decreasing solutions, as <see cref="Blocks"/> has them.</summary>
    /// <param name="values">[..., n]: the value of each entry by itself; -infinity (at the end) or infinity (at the start) is never pooled.</param>
    /// <param name="weights">As values: the weight of each entry.</param>
    /// <param name="pooling">The average.</param>
    public static Tensor Solve(Tensor values, Tensor weights, IPooling pooling)
    {
        using var scope = NewDisposeScope();
        var n = values.size(-1);
        var length = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(n, 1));
        var v = Padded(values.reshape(-1, n), length, double.NegativeInfinity);
        var w = Padded(weights.reshape(-1, n), length, pooling.Nothing).Fill(v.isinf(), pooling.Nothing);
        var rows = new PooledRows(v, v.Places(length).expand(v.shape).contiguous(), stack([pooling.Part(v, w), w], 0));
        for (var half = 1L; half < length; half *= 2)
        {
            using var inner = NewDisposeScope();
            rows = rows.View(-1, 2, half).Join(pooling).View(length);
            inner.MoveToOuter(rows.Values, rows.Starts, rows.Sums);
        }

        return rows.Starts.narrow(-1, 0, n).reshape(values.shape).MoveToOuterDisposeScope();
    }

    private static Tensor Padded(Tensor rows, long length, double value) => length == rows.size(-1)
        ? rows
        : cat([rows, rows.narrow(-1, 0, 1).Filled(value).expand(rows.size(0), length - rows.size(-1))], -1);
}

/// <summary>Rows of solved stretches.</summary>
/// <param name="Values">The value of the block of each entry: decreasing in a stretch.</param>
/// <param name="Starts">The first place of that block.</param>
/// <param name="Sums">[2, ...]: both sums of each block at its first entry, and those of nothing elsewhere.</param>
internal sealed record PooledRows(Tensor Values, Tensor Starts, Tensor Sums)
{
    /// <summary>The same rows, cut in another way.</summary>
    public PooledRows View(params long[] stretches)
    {
        long[] shape = [Values.size(0), .. stretches];
        return new(Values.view(shape), Starts.view(shape), Sums.view([2, .. shape]));
    }

    /// <summary>Joins the two halves, the third dimension, of every stretch.</summary>
    public PooledRows Join(IPooling pooling)
    {
        var half = Values.size(-1);
        var left = new PooledHalf(Values.select(2, 0).flip(-1), Sums.select(3, 0).flip(-1), 1, pooling);
        var right = new PooledHalf(Values.select(2, 1), Sums.select(3, 1), -1, pooling);
        var violated = left.Nearest < right.Nearest;
        var reach = left.Taken(right, violated);
        var span = right.Taken(left, violated);

        var sums = left.Join(reach, right, span);
        var value = pooling.Value(sums).minimum(left.Beyond(reach)).maximum(right.Beyond(span)).unsqueeze(2);
        var places = Values.Places(half);
        var isFirst = places == reach.neg().Plus(half);
        var joined = stack([places >= reach.neg().Plus(half), places < span], 2);
        var first = stack([isFirst, zeros_like(isFirst)], 2);
        var start = Values.Places(Values.size(1) * 2 * half).view(-1, 2, half).select(1, 1).narrow(-1, 0, 1) - reach;
        return new(
            value.where(joined, Values),
            start.unsqueeze(2).where(joined, Starts),
            sums.unsqueeze(3).where(first, Sums.Fill(joined, pooling.Nothing)));
    }
}

/// <summary>One half of every stretch, from the boundary outwards, where sign * values increase.</summary>
internal sealed class PooledHalf
{
    private readonly IPooling _pooling;
    private readonly Tensor _values;
    private readonly Tensor _ordered;
    private readonly Tensor _sums;
    private readonly int _sign;

    public PooledHalf(Tensor values, Tensor sums, int sign, IPooling pooling)
    {
        (_values, _sign, _pooling) = (values.contiguous(), sign, pooling);
        _ordered = sign < 0 ? _values.neg() : _values;
        Nearest = _values.narrow(-1, 0, 1);
        _sums = cat([sums.narrow(-1, 0, 1).Filled(pooling.Nothing), pooling.Accumulate(sums)], -1);
    }

    /// <summary>The value at the boundary.</summary>
    public Tensor Nearest { get; }

    /// <summary>How many entries the block across the boundary takes of this half: those at which the mean of all up to them is on the far side.
    /// Where the order is violated these are, whatever rounding says, all entries that are tied with the nearest.</summary>
    public Tensor Taken(PooledHalf other, Tensor violated)
    {
        var own = UpTo(_values);
        var mean = _pooling.Value(Join(own, other, other.UpTo(_values)));
        var taken = (_sign < 0 ? _values > mean : _values < mean) | (_values == Nearest);
        return own.Fill((taken & violated).logical_not(), 0L).amax([-1], keepdim: true);
    }

    /// <summary>The value of the first entry after so many; infinite after all of them.</summary>
    public Tensor Beyond(Tensor count) =>
        _values.gather(-1, count.AtMost(_values.size(-1) - 1)).Fill(count.IsAt(_values.size(-1)), _sign * double.PositiveInfinity);

    /// <summary>The sums of blocks of so many entries to either side of the boundary.</summary>
    public Tensor Join(Tensor count, PooledHalf other, Tensor otherCount) => _pooling.Add(SumsOf(count), other.SumsOf(otherCount));

    private Tensor SumsOf(Tensor count) => _sums.gather(-1, count.unsqueeze(0).expand([2, .. count.shape]));

    /// <summary>How many entries of this half lie between the boundary and a value, those at that value among them.</summary>
    private Tensor UpTo(Tensor values) => searchsorted(_ordered, _sign < 0 ? values.neg() : values, right: true);
}
