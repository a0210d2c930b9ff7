using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The threshold of a row by Dykstra's algorithm on its sorted keys (design 2.4), for p = 2.</summary>
internal static class DykstraThreshold
{
    /// <summary>Solves for more than k valid keys; sorts them.</summary>
    public static Root Solve<TPower>(
        Span<double> keys, int k, Equation<TPower> equation, double tolerance, int most, out DykstraResult result)
        where TPower : struct, IPower
    {
        keys.Sort(static (a, b) => b.CompareTo(a));
        result = new(0, 0, true);
        if (equation.IsGap(keys[k - 1], keys[k]))
        {
            return equation.Hard(keys[k - 1]);
        }

        // The root lies between the knot of the k-th key and the next key: what is saturated or dropped at both of them is left out.
        var (low, high) = (equation.Knot(keys[k - 1]), keys[k]);
        var (start, end) = (0, keys.Length);
        while (start < k - 1 && keys[start] > high + equation.Width(high))
        {
            start++;
        }

        while (end > k + 1 && keys[end - 1] < low)
        {
            end--;
        }

        var n = end - start;
        using var scratch = new Scratch<double>((2 * n) + HalfSweeps.ScratchFor(n));
        var v = scratch.Take(n);
        var weights = scratch.Take(n);
        var unit = equation.Magnitude ? keys[k - 1] : equation.Norm.Lambda;
        for (var i = 0; i < n; i++)
        {
            var chosen = start + i < k ? 1 : 0;
            weights[i] = equation.Magnitude ? 1 + (equation.Norm.Lambda * chosen) : 1;
            v[i] = equation.Magnitude ? keys[start + i] / unit / weights[i] : ((keys[start + i] - keys[k - 1]) / unit) - chosen;
        }

        result = HalfSweeps.Solve(v, weights, tolerance, most, scratch.Take(HalfSweeps.ScratchFor(n)));

        // The k-th and the next entry are of one block: their middle where the block is not one value yet.
        var value = unit * ((v[k - start - 1] + v[k - start]) / 2);
        var offset = equation.Magnitude ? value - keys[k - 1] : value;
        offset = Math.Clamp(offset, low - keys[k - 1], high - keys[k - 1]);
        return Root.Interior(keys[k - 1], offset, equation.Width(keys[k - 1] + offset));
    }
}
