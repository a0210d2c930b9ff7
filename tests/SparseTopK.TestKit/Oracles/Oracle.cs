namespace SparseTopK.TestKit;

/// <summary>The operators from their equations (design 2.2 and 2.3), by bisection in float64: slow and obvious.</summary>
/// <remarks>The unknown is measured from a key near it, so that its distance to every key keeps all digits.</remarks>
public static class Oracle
{
    /// <summary>y_i = min(1, ((x_i - tau)_+ / lambda)^a), tau the largest root of sum y = k.</summary>
    public static OracleRow Mask(double[] x, int k, PNorm norm)
    {
        var n = x.Length;
        if (x.Any(v => double.IsNaN(v) || double.IsPositiveInfinity(v)))
        {
            return OracleRow.Invalid(n);
        }

        var sorted = x.Where(double.IsFinite).OrderDescending().ToArray();
        if (k == 0 || sorted.Length < k)
        {
            var whole = Array.ConvertAll(x, v => k > 0 && double.IsFinite(v) ? 1.0 : 0.0);
            var threshold = k == 0 ? double.PositiveInfinity : double.NegativeInfinity;
            return OracleRow.Hard(whole, threshold, i => whole[i] == 1, double.PositiveInfinity);
        }

        var (kept, dropped) = (sorted[k - 1], k < sorted.Length ? sorted[k] : double.NegativeInfinity);
        if (kept - dropped >= norm.Lambda)
        {
            var hard = Array.ConvertAll(x, v => v >= kept ? 1.0 : 0.0);
            return OracleRow.Hard(hard, kept - norm.Lambda, i => x[i] >= kept, ((kept - dropped) / norm.Lambda) - 1);
        }

        var anchor = SmallestAboveRoot(sorted, key => Total(sorted, key, 0, norm.Lambda, norm) >= k);
        var offset = LargestRoot(-norm.Lambda, 0, d => Total(sorted, anchor, d, norm.Lambda, norm) >= k);
        var level = Array.ConvertAll(x, v => (v - anchor - offset) / norm.Lambda);
        var y = Array.ConvertAll(level, v => Share(v, norm));
        return new OracleRow(y, anchor + offset, level, norm.Lambda, MarginOf(level));
    }

    /// <summary>z_i = sign(x_i) min(|x_i|, c_i + t_i), gamma the largest root of sum min(c_i/gamma, 1) = k.</summary>
    public static OracleRow Magnitude(double[] x, int k, PNorm norm)
    {
        var n = x.Length;
        if (!x.All(double.IsFinite))
        {
            return OracleRow.Invalid(n);
        }

        var sorted = x.Select(Math.Abs).OrderDescending().ToArray();
        var nonZero = sorted.Count(s => s > 0);
        if (k == 0 || nonZero < k)
        {
            var output = k == 0 ? new double[n] : (double[])x.Clone();
            return OracleRow.Hard(output, k == 0 ? double.PositiveInfinity : 0, _ => k > 0, nonZero < k ? 0 : double.PositiveInfinity);
        }

        var (kept, dropped) = (sorted[k - 1], k < n ? sorted[k] : 0);
        var knot = LargestRoot(0, kept, u => u + WidthAt(u, norm) <= kept);
        if (knot >= dropped)
        {
            var hard = Array.ConvertAll(x, v => Math.Abs(v) >= kept ? v : 0);
            return OracleRow.Hard(hard, knot, i => Math.Abs(x[i]) >= kept, (knot - dropped) / WidthAt(knot, norm));
        }

        var near = SmallestAboveRoot(sorted[..nonZero], key => Total(sorted, key, 0, WidthAt(key, norm), norm) >= k);
        var nearZero = Total(sorted, 0, near / 2, WidthAt(near / 2, norm), norm) < k;
        var anchor = nearZero ? 0 : near;
        var offset = LargestRoot(
            nearZero ? 0 : -near, nearZero ? near : 0, d => Total(sorted, anchor, d, WidthAt(anchor + d, norm), norm) >= k);
        var (gamma, width) = (anchor + offset, WidthAt(anchor + offset, norm));
        var level = Array.ConvertAll(x, v => (Math.Abs(v) - anchor - offset) / width);
        var z = new double[n];
        for (var i = 0; i < n; i++)
        {
            var pooled = (gamma * Share(level[i], norm)) + Math.Max(Math.Abs(x[i]) - anchor - offset, 0);
            z[i] = level[i] >= 1 ? x[i] : Math.CopySign(Math.Min(Math.Abs(x[i]), pooled), x[i]);
        }

        return new OracleRow(z, gamma, level, width, MarginOf(level));
    }

    /// <summary>min(v_+, 1)^a.</summary>
    public static double Share(double v, PNorm norm) => v <= 0 ? 0 : v >= 1 ? 1 : Math.Pow(v, norm.ResponseExponent);

    private static double WidthAt(double gamma, PNorm norm) => norm.Lambda * Math.Pow(gamma, norm.P - 1);

    /// <summary>The left side of the equation, summed with compensation.</summary>
    private static double Total(double[] keys, double anchor, double offset, double width, PNorm norm)
    {
        var (sum, lost) = (0.0, 0.0);
        foreach (var key in keys)
        {
            var term = Share((key - anchor - offset) / width, norm);
            var next = sum + term;
            lost += sum >= term ? sum - next + term : term - next + sum;
            sum = next;
        }

        return sum + lost;
    }

    /// <summary>The smallest key at which a condition does not hold that holds below the root: the distance from it to the root has all its digits.</summary>
    private static double SmallestAboveRoot(double[] decreasing, Func<double, bool> holds)
    {
        var (above, below) = (0, decreasing.Length);
        while (below - above > 1)
        {
            var middle = (above + below) / 2;
            (above, below) = holds(decreasing[middle]) ? (above, middle) : (middle, below);
        }

        return decreasing[above];
    }

    /// <summary>The largest number in [low, high) at which a condition holds that holds at low and, once lost, stays lost.</summary>
    private static double LargestRoot(double low, double high, Func<double, bool> holds)
    {
        for (var i = 0; i < 1200; i++)
        {
            var far = low >= 0 && high > 4 * Math.Max(low, 1e-300);
            var middle = far ? Math.Sqrt(Math.Max(low, double.Epsilon)) * Math.Sqrt(high) : low + ((high - low) / 2);
            if (!(middle > low && middle < high))
            {
                break;
            }

            (low, high) = holds(middle) ? (middle, high) : (low, middle);
        }

        return low;
    }

    private static double MarginOf(double[] level) => level.Min(v => Math.Min(Math.Abs(v), Math.Abs(1 - v)));
}
