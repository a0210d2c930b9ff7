namespace SparseTopK.TestKit;

/// <summary>The operators as the optimization problems that define them, by trying every face: for n up to 6 or so.</summary>
/// <remarks>It uses neither the threshold equations nor the optimality conditions, but the objectives alone.</remarks>
public static class BruteForce
{
    /// <summary>The argmax over {0 &lt;= y_i &lt;= 1, sum y = k} of &lt;x, y&gt; - R(y): the best over the faces {0, free, 1}^n.</summary>
    public static double[] Mask(double[] x, int k, PNorm norm)
    {
        var (best, bestValue) = (Array.Empty<double>(), double.NegativeInfinity);
        for (var code = 0; code < Math.Pow(3, x.Length); code++)
        {
            var face = Enumerable.Range(0, x.Length).Select(i => code / (int)Math.Pow(3, i) % 3).ToArray();
            if (OnFace(x, face, k, norm) is not { } y)
            {
                continue;
            }

            var value = x.Zip(y, (a, b) => (a * b) - (norm.Lambda / norm.P * Math.Pow(b, norm.P))).Sum();
            (best, bestValue) = value > bestValue ? (y, value) : (best, bestValue);
        }

        return best;
    }

    /// <summary>The isotonic problem of design 2.3 over every partition of the sorted magnitudes into blocks.</summary>
    public static double[] Magnitude(double[] x, int k, PNorm norm)
    {
        var n = x.Length;
        var order = Enumerable.Range(0, n).OrderByDescending(i => Math.Abs(x[i])).ToArray();
        var s = order.Select(i => Math.Abs(x[i])).ToArray();
        var (best, bestValue) = (Array.Empty<double>(), double.PositiveInfinity);
        for (var cuts = 0; cuts < 1 << Math.Max(0, n - 1); cuts++)
        {
            var v = OfPartition(s, k, cuts, norm);
            var value = Objective(s, v, 0, n, k, norm);
            var decreases = Enumerable.Range(1, Math.Max(0, n - 1)).All(i => v[i] <= v[i - 1]);
            (best, bestValue) = decreases && value < bestValue ? (v, value) : (best, bestValue);
        }

        var z = new double[n];
        for (var i = 0; i < n; i++)
        {
            var m = Math.Pow(Math.Max(0, s[i] - best[i]) / norm.Lambda, norm.ResponseExponent);
            z[order[i]] = Math.Sign(x[order[i]]) * (m + (norm.Lambda * Math.Pow(m, norm.P - 1)));
        }

        return z;
    }

    /// <summary>The maximum on the affine hull of a face, if it lies in the face.</summary>
    private static double[]? OnFace(double[] x, int[] face, int k, PNorm norm)
    {
        var left = k - face.Count(f => f == 2);
        var free = Enumerable.Range(0, x.Length).Where(i => face[i] == 1).ToArray();
        if (free.Length == 0)
        {
            return left == 0 ? [.. face.Select(f => f == 2 ? 1.0 : 0.0)] : null;
        }

        double Y(int i, double tau) => Signed((x[i] - tau) / norm.Lambda, norm.ResponseExponent);
        var root = Bisect(x.Min() - (norm.Lambda * (k + 1)), x.Max() + norm.Lambda, tau => free.Sum(i => Y(i, tau)) - left);
        var y = face.Select((f, i) => f == 1 ? Y(i, root) : f / 2).ToArray();
        return y.All(v => v is >= 0 and <= 1) ? y : null;
    }

    private static double[] OfPartition(double[] s, int k, int cuts, PNorm norm)
    {
        var v = new double[s.Length];
        for (var start = 0; start < s.Length;)
        {
            var end = start + 1;
            while (end < s.Length && (cuts >> (end - 1) & 1) == 0)
            {
                end++;
            }

            var (from, to) = (start, end);
            var weight = Math.Clamp(k - from, 0, to - from);
            double Slope(double g) =>
                s[from..to].Sum(entry => Signed((entry - g) / norm.Lambda, norm.ResponseExponent)) - (weight * g);
            Array.Fill(v, Bisect(0, s[0], Slope), from, to - from);
            start = end;
        }

        return v;
    }

    /// <summary>sum |s_i - v_i|^q/(q lambda^(q-1)) + w_i v_i^2/2.</summary>
    private static double Objective(double[] s, double[] v, int from, int to, int k, PNorm norm) => Enumerable.Range(from, to - from).Sum(i =>
        (Math.Pow(Math.Abs(s[i] - v[i]) / norm.Lambda, norm.DualExponent) * norm.Lambda / norm.DualExponent)
            + (i < k ? v[i] * v[i] / 2 : 0));

    private static double Signed(double v, double exponent) => Math.Sign(v) * Math.Pow(Math.Abs(v), exponent);

    /// <summary>The root of a decreasing function.</summary>
    private static double Bisect(double low, double high, Func<double, double> f)
    {
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = f(middle) > 0 ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }
}
