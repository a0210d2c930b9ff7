namespace SparseTopK.TestKit;

/// <summary>The n x n Jacobians of design 2.2 and 2.3, written out.</summary>
/// <param name="Matrix">Matrix[i, j] = d output_i / d x_j.</param>
/// <param name="Scale">Its largest term before any cancels: what an error is to be compared with.</param>
public sealed record OracleJacobian(double[,] Matrix, double Scale)
{
    public static OracleJacobian Mask(OracleRow row, PNorm norm)
    {
        var a = norm.ResponseExponent;
        var d = Array.ConvertAll(row.Level, v => v is > 0 and < 1 ? a * Math.Pow(v, a - 1) / norm.Lambda : 0);
        var sum = d.Sum();
        var matrix = Build(d.Length, (i, j) => sum == 0 ? 0 : (i == j ? d[i] : 0) - (d[i] * d[j] / sum));
        return new OracleJacobian(matrix, d.DefaultIfEmpty(0).Max());
    }

    public static OracleJacobian Magnitude(double[] x, OracleRow row, int k, PNorm norm)
    {
        var a = norm.ResponseExponent;
        var sign = Array.ConvertAll(x, v => double.IsNegative(v) ? -1.0 : 1.0);
        var pooled = Array.ConvertAll(row.Level, v => v is > 0 and < 1);
        var slope = row.Level.Select((v, i) => pooled[i] ? a * Math.Pow(v * row.Width / norm.Lambda, a - 1) / norm.Lambda : 0).ToArray();
        var divisor = k - row.Level.Count(v => v >= 1) + slope.Sum();
        var matrix = Build(x.Length, (i, j) => (pooled[i], pooled[j]) switch
        {
            (true, true) => sign[i] * (slope[i] + 1) * ((i == j ? 1 : 0) - (slope[j] / divisor)) * sign[j],
            _ => i == j && row.Level[i] >= 1 ? 1 : 0,
        });
        return new OracleJacobian(matrix, slope.Select(s => s + 1).DefaultIfEmpty(1).Max());
    }

    /// <summary>J^T g.</summary>
    public double[] Transposed(double[] g) => Product(g, (i, j) => Matrix[j, i]);

    /// <summary>J dx.</summary>
    public double[] Times(double[] dx) => Product(dx, (i, j) => Matrix[i, j]);

    private static double[] Product(double[] v, Func<int, int, double> entry) =>
        [.. Enumerable.Range(0, v.Length).Select(i => Enumerable.Range(0, v.Length).Sum(j => entry(i, j) * v[j]))];

    internal static double[,] Build(int n, Func<int, int, double> entry)
    {
        var matrix = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                matrix[i, j] = entry(i, j);
            }
        }

        return matrix;
    }
}
