using System.Numerics.Tensors;

namespace SparseTopK.Isotonic;

/// <summary>The map M that gives every entry of a block the weighted sum of the block: what all Jacobians of this family are made of.</summary>
/// <remarks>Isotonic regression: M. Soft sort: M after a permutation. Projections on a permutahedron: D (I - M), D diagonal.</remarks>
internal static class BlockAverage
{
    /// <summary>In a block B: sum over B of share_j d_j; transposed: share_i sum over B of d_j. In place.</summary>
    /// <param name="d">A vector in the order of the blocks.</param>
    /// <param name="shares">The weights; empty for 1/|B|.</param>
    /// <param name="ends">The blocks.</param>
    /// <param name="transposed">Which of the two.</param>
    /// <param name="most">The largest sum that is in range.</param>
    /// <returns>Whether all sums are in range: all products are then, too.</returns>
    public static bool Apply(
        Span<double> d, ReadOnlySpan<double> shares, ReadOnlySpan<int> ends, bool transposed, double most = double.MaxValue)
    {
        var isInRange = true;
        foreach (var (start, end) in Blocks.Of(ends))
        {
            if (end - start > 1 || !shares.IsEmpty)
            {
                isInRange &= Math.Abs(ApplyTo(d[start..end], shares.IsEmpty ? [] : shares[start..end], transposed)) <= most;
            }
        }

        return isInRange;
    }

    /// <summary>Applies it to a block, and returns the block's sum.</summary>
    private static double ApplyTo(Span<double> d, ReadOnlySpan<double> shares, bool transposed)
    {
        double sum;
        if (shares.IsEmpty)
        {
            sum = Sum(d);
            d.Fill(sum / d.Length);
        }
        else if (transposed)
        {
            sum = Sum(d);
            TensorPrimitives.Multiply(shares, sum, d);
        }
        else
        {
            sum = d.Length == 1 ? shares[0] * d[0] : TensorPrimitives.Dot(shares, d);
            d.Fill(sum);
        }

        return sum;
    }

    private static double Sum(ReadOnlySpan<double> d)
    {
        if (d.Length > 8)
        {
            return TensorPrimitives.Sum(d);
        }

        var sum = 0.0;
        foreach (var entry in d)
        {
            sum += entry;
        }

        return sum;
    }
}
