using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>The parts of a product with the Jacobian of a sorted row.</summary>
internal static class OrderingJacobian
{
    /// <summary>c_j/sum over the block of c_j, where the weights are c_j or, with a scale, decreasing keys: c_j = exp(key * scale).</summary>
    public static void FindShares(ReadOnlySpan<double> weights, ReadOnlySpan<int> ends, double scale, Span<double> shares)
    {
        if (shares.IsEmpty)
        {
            return;
        }

        foreach (var (start, end) in Blocks.Of(ends))
        {
            var part = shares[start..end];
            weights[start..end].CopyTo(part);
            if (part.Length == 1)
            {
                part[0] = 1;
            }
            else if (scale > 0)
            {
                TensorPrimitives.Subtract(part, part[0], part);
                Exponentiate(part, scale);
                TensorPrimitives.Divide(part, Sum(part), part);
            }
            else if (Sum(part) is > 0 and var sum)
            {
                TensorPrimitives.Divide(part, sum, part);
            }
        }
    }

    public static void Gather<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> order, Span<double> sorted)
        where T : unmanaged, INumberBase<T>
    {
        for (var j = 0; j < sorted.Length; j++)
        {
            sorted[j] = double.CreateTruncating(values[order[j]]);
        }
    }

    /// <summary>Back to the order of the row.</summary>
    public static void Scatter<T>(ReadOnlySpan<double> sorted, ReadOnlySpan<int> order, Span<T> values)
        where T : unmanaged, INumberBase<T>
    {
        for (var j = 0; j < sorted.Length; j++)
        {
            values[order[j]] = T.CreateTruncating(sorted[j]);
        }
    }

    /// <summary>Gives entries of equal x the mean of what they have: nothing depends on the order in which ties were sorted.</summary>
    /// <returns>Whether these means are finite.</returns>
    public static bool ShareTies<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> order, Span<double> sorted)
        where T : unmanaged, INumberBase<T>
    {
        var isFinite = true;
        for (var start = 0; start < sorted.Length;)
        {
            var end = start + 1;
            while (end < sorted.Length && x[order[end]] == x[order[start]])
            {
                end++;
            }

            if (end - start > 1)
            {
                var mean = TensorPrimitives.Average<double>(sorted[start..end]);
                sorted[start..end].Fill(mean);
                isFinite &= double.IsFinite(mean);
            }

            start = end;
        }

        return isFinite;
    }

    /// <summary>scale (I - M) of a block: (product - average) * scale, in place.</summary>
    public static void CombineScaled(Span<double> product, ReadOnlySpan<double> average, double scale)
    {
        if (product.Length > BlockAverage.LongestLoop)
        {
            TensorPrimitives.Subtract(product, average, product);
            TensorPrimitives.Multiply(product, scale, product);
            return;
        }

        for (var j = 0; j < product.Length; j++)
        {
            product[j] = (product[j] - average[j]) * scale;
        }
    }

    /// <summary>diag(slopes) (I - M) of a block. The rows of a block's Jacobian sum to 0: entries of an infinite slope have what the others leave, all alike.</summary>
    public static void CombineSlopes(Span<double> product, ReadOnlySpan<double> average, ReadOnlySpan<double> slopes)
    {
        var (rest, steep) = (0.0, 0);
        for (var j = 0; j < product.Length; j++)
        {
            var isSteep = slopes[j] == RealPower.LargestSlope;
            product[j] = isSteep ? double.NaN : FiniteRange.Clamp<double>(slopes[j] * (product[j] - average[j]));
            rest -= isSteep ? 0 : product[j];
            steep += isSteep ? 1 : 0;
        }

        for (var j = 0; j < product.Length && steep > 0; j++)
        {
            product[j] = slopes[j] == RealPower.LargestSlope ? rest / steep : product[j];
        }
    }

    private static void Exponentiate(Span<double> values, double scale)
    {
        foreach (ref var value in values)
        {
            value = Math.Exp(value * scale);
        }
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value;
        }

        return sum;
    }
}
