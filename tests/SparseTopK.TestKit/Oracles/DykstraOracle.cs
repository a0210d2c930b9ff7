namespace SparseTopK.TestKit;

/// <summary>Dykstra's algorithm as its source writes it: one correction vector for each of the two cones, one projection after the other.</summary>
public static class DykstraOracle
{
    /// <summary>v after a number of half-sweeps, with the residual in units of the spread of x.</summary>
    public static (double[] V, double Residual) Run(double[] x, double[] w, int halfSweeps, IsotonicOrder order)
    {
        var sign = order == IsotonicOrder.Decreasing ? 1 : -1;
        var v = (double[])x.Clone();
        double[][] corrections = [new double[x.Length], new double[x.Length]];
        var history = new List<double[]> { v };
        for (var sweep = 0; sweep < halfSweeps; sweep++)
        {
            var correction = corrections[sweep % 2];
            var shifted = v.Zip(correction, (a, b) => a + b).ToArray();
            v = (double[])shifted.Clone();
            for (var i = sweep % 2; i + 1 < v.Length; i += 2)
            {
                if (sign * (v[i + 1] - v[i]) > 0)
                {
                    v[i] = v[i + 1] = ((w[i] * v[i]) + (w[i + 1] * v[i + 1])) / (w[i] + w[i + 1]);
                }
            }

            corrections[sweep % 2] = shifted.Zip(v, (a, b) => a - b).ToArray();
            history.Add(v);
        }

        var violation = Enumerable.Range(1, Math.Max(0, v.Length - 1)).Select(i => sign * (v[i] - v[i - 1])).Append(0).Max();
        var last = history.TakeLast(3).ToArray();
        var step = last.Zip(last.Skip(1), (from, to) => from.Zip(to, (a, b) => Math.Abs(a - b)).Max()).Max();
        return (v, Math.Max(violation, step) / (x.Max() - x.Min()));
    }
}
