using System.Numerics.Tensors;

namespace SparseTopK.Isotonic;

/// <summary>The map M that gives every entry of a block the weighted sum of the block: what all Jacobians of this family are made of.</summary>
/// <remarks>Isotonic regression: M. Soft sort: M after a permutation. Projections on a permutahedron: D (I - M), D diagonal.</remarks>
internal static class BlockAverage
{
    /// <summary>Blocks up to this length cost less in a plain loop.</summary>
    public const int LongestLoop = 8;

    /// <summary>In a block B: sum over B of share_j d_j; transposed: share_i sum over B of d_j. In place.</summary>
    /// <param name="d">A vector in the order of the blocks.</param>
    /// <param name="shares">The weights; empty for 1/|B|.</param>
    /// <param name="ends">The blocks.</param>
    /// <param name="transposed">Which of the two.</param>
    /// <param name="most">The largest sum that is in range.</param>
    /// <returns>Whether all sums are in range: all products are then, too.</returns>
    public static bool Apply(
        Span<double> d, ReadOnlySpan<double> shares, ReadOnlySpan<int> ends, bool transposed, double most = double.MaxValue) =>
        shares.IsEmpty ? Average(d, ends, most) : transposed ? Distribute(d, shares, ends, most) : Weigh(d, shares, ends, most);

    private static bool Average(Span<double> d, ReadOnlySpan<int> ends, double most)
    {
        var isInRange = true;
        foreach (var (start, end) in Blocks.Of(ends))
        {
            if (end - start > 1)
            {
                var block = d[start..end];
                var sum = Sum(block);
                block.Fill(sum / block.Length);
                isInRange &= Math.Abs(sum) <= most;
            }
        }

        return isInRange;
    }

    private static bool Weigh(Span<double> d, ReadOnlySpan<double> shares, ReadOnlySpan<int> ends, double most)
    {
        var isInRange = true;
        foreach (var (start, end) in Blocks.Of(ends))
        {
            var block = d[start..end];
            if (block.Length == 1)
            {
                block[0] *= shares[start];
            }
            else
            {
                block.Fill(TensorPrimitives.Dot(shares[start..end], block));
            }

            isInRange &= Math.Abs(block[0]) <= most;
        }

        return isInRange;
    }

    private static bool Distribute(Span<double> d, ReadOnlySpan<double> shares, ReadOnlySpan<int> ends, double most)
    {
        var isInRange = true;
        foreach (var (start, end) in Blocks.Of(ends))
        {
            var block = d[start..end];
            var sum = Sum(block);
            Multiply(shares[start..end], sum, block);
            isInRange &= Math.Abs(sum) <= most;
        }

        return isInRange;
    }

    private static void Multiply(ReadOnlySpan<double> shares, double sum, Span<double> block)
    {
        if (block.Length > LongestLoop)
        {
            TensorPrimitives.Multiply(shares, sum, block);
            return;
        }

        for (var i = 0; i < block.Length; i++)
        {
            block[i] = shares[i] * sum;
        }
    }

    private static double Sum(ReadOnlySpan<double> block)
    {
        if (block.Length > LongestLoop)
        {
            return TensorPrimitives.Sum(block);
        }

        var sum = 0.0;
        foreach (var entry in block)
        {
            sum += entry;
        }

        return sum;
    }
}
