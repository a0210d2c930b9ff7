namespace SparseTopK.TestKit;

/// <summary>Derivatives from values alone.</summary>
public static class CentralDifferences
{
    /// <summary>J^T g, entry by entry.</summary>
    public static double[] Vjp(Func<double[], double[]> f, double[] x, double[] g, double step)
    {
        var result = new double[x.Length];
        for (var i = 0; i < x.Length; i++)
        {
            var along = new double[x.Length];
            along[i] = 1;
            result[i] = Jvp(f, x, along, step).Zip(g, (a, b) => a * b).Sum();
        }

        return result;
    }

    /// <summary>J dx.</summary>
    public static double[] Jvp(Func<double[], double[]> f, double[] x, double[] direction, double step)
    {
        var up = x.Zip(direction, (v, d) => v + (step * d)).ToArray();
        var down = x.Zip(direction, (v, d) => v - (step * d)).ToArray();
        return [.. f(up).Zip(f(down), (a, b) => (a - b) / (2 * step))];
    }
}
