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

        var window = new DykstraWindow<TPower>(keys[k - 1], keys[k], equation);
        var (start, end) = (0, keys.Length);
        while (start < k - 1 && window.IsSaturated(keys[start]))
        {
            start++;
        }

        while (end > k + 1 && window.IsDropped(keys[end - 1]))
        {
            end--;
        }

        var n = end - start;
        using var scratch = new Scratch<double>((2 * n) + HalfSweeps.ScratchFor(n));
        var v = scratch.Take(n);
        var weights = scratch.Take(n);
        for (var i = 0; i < n; i++)
        {
            weights[i] = window.Weight(start + i < k);
            v[i] = window.Start(keys[start + i], start + i < k);
        }

        result = HalfSweeps.Solve(v, weights, tolerance, most, scratch.Take(HalfSweeps.ScratchFor(n)));
        return window.RootOf(v[k - start - 1], v[k - start]);
    }
}
