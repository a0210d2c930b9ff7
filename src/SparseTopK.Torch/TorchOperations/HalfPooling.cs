using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>Isotonic regression of many rows: the halves of a stretch are solved, then joined; all stretches of all rows at once.</summary>
/// <remarks>
/// <para>Where two solved halves are out of order, one block forms across their boundary, of value g. It takes those entries of the
/// left half that are below g and those of the right half that are above g. An entry of the left half is below g exactly where it is
/// below the value that it forms with all between it and the boundary and the entries of the right half that are above it; the
/// mirror image holds on the right. So the block is found in one pass of sums and searches, exactly, without an iteration.</para>
/// <para>Cost: O(n log^2 n) operations on O(n) memory, in about 30 log2(n) kernels. Nothing is read by the host.</para>
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
        var w = Padded(weights.reshape(-1, n), length, pooling.Nothing);
        w = w.Fill(v.isinf(), pooling.Nothing);
        var starts = v.Places(length).expand(v.shape).contiguous();
        for (var half = 1L; half < length; half *= 2)
        {
            using var inner = NewDisposeScope();
            (v, starts) = Join(v.view(v.size(0), -1, 2, half), w.view(v.size(0), -1, 2, half), starts.view(v.size(0), -1, 2, half), pooling);
            (v, starts) = (v.view(-1, length), starts.view(-1, length));
            inner.MoveToOuter(v, starts);
        }

        return starts.narrow(-1, 0, n).reshape(values.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Joins the two halves, the third dimension, of every stretch.</summary>
    private static (Tensor Values, Tensor Starts) Join(Tensor v, Tensor w, Tensor starts, IPooling pooling)
    {
        var (half, places) = (v.size(-1), v.Places(v.size(-1)));
        var left = new Side(v.select(2, 0).flip(-1), w.select(2, 0).flip(-1), pooling);
        var right = new Side(v.select(2, 1), w.select(2, 1), pooling);
        var violated = left.Nearest < right.Nearest;

        // How many entries of the other half an entry takes with it, were it the last of the block.
        var above = searchsorted(right.Values.neg(), left.Values.neg());
        var below = searchsorted(left.Values, right.Values);
        var own = places.Plus(1L).expand(above.shape);
        var taken = (left.Values < Side.Join(left, own, right, above, pooling)) & (left.Values < right.Nearest) & violated;
        var alsoTaken = (right.Values > Side.Join(left, below, right, own, pooling)) & (right.Values > left.Nearest) & violated;
        var least = violated.to(ScalarType.Int64);
        var reach = taken.to(ScalarType.Int64).RowSum().maximum(least);
        var span = alsoTaken.to(ScalarType.Int64).RowSum().maximum(least);

        var value = Side.Join(left, reach, right, span, pooling).unsqueeze(2);
        var joined = stack([places >= reach.neg().Plus(half), places < span], 2);
        var first = v.Places(v.size(1) * 2 * half).view(-1, 2, half).select(1, 1).narrow(-1, 0, 1) - reach;
        return (value.where(joined, v), first.unsqueeze(2).where(joined, starts));
    }

    private static Tensor Padded(Tensor rows, long length, double value) => length == rows.size(-1)
        ? rows
        : cat([rows, rows.narrow(-1, 0, 1).Filled(value).expand(rows.size(0), length - rows.size(-1))], -1);

    /// <summary>One half of every stretch, from the boundary outwards.</summary>
    private sealed class Side
    {
        private readonly Tensor _parts;
        private readonly Tensor _weights;

        public Side(Tensor values, Tensor weights, IPooling pooling)
        {
            Values = values.contiguous();
            Nearest = Values.narrow(-1, 0, 1);
            var nothing = Nearest.Filled(pooling.Nothing);
            _parts = cat([nothing, pooling.Accumulate(pooling.Part(Values, weights))], -1);
            _weights = cat([nothing, pooling.Accumulate(weights)], -1);
        }

        public Tensor Values { get; }

        public Tensor Nearest { get; }

        /// <summary>The value of blocks of so many entries to the left and to the right of the boundary.</summary>
        public static Tensor Join(Side left, Tensor reach, Side right, Tensor span, IPooling pooling) => pooling.Value(
            pooling.Add(left._parts.gather(-1, reach), right._parts.gather(-1, span)),
            pooling.Add(left._weights.gather(-1, reach), right._weights.gather(-1, span)));
    }
}
