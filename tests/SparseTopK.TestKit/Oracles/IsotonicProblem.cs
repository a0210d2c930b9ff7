namespace SparseTopK.TestKit;

/// <summary>What an isotonic regression minimises: the three objectives, written out.</summary>
public enum OracleTerm
{
    /// <summary>1/2 sum w_i (x_i - v_i)^2.</summary>
    LeastSquares,

    /// <summary>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i.</summary>
    Linear,

    /// <summary>sum |x_i - v_i|^q/(q lambda^(q-1)) + sum w_i v_i^2/2.</summary>
    Quadratic,
}

/// <summary>One row of an isotonic regression: its objective, and the minimiser over any run of entries, by bisection.</summary>
public sealed record IsotonicProblem(double[] X, double[] W, OracleTerm Term, PNorm Norm)
{
    public int Length => X.Length;

    public IsotonicObjective Objective => Term switch
    {
        OracleTerm.Linear => IsotonicObjective.LinearTerm(Norm),
        OracleTerm.Quadratic => IsotonicObjective.QuadraticTerm(Norm),
        _ => IsotonicObjective.LeastSquares,
    };

    /// <summary>The strength, and so the unit of <see cref="Offset"/>; 1 for least squares.</summary>
    private double Unit => Term == OracleTerm.LeastSquares ? 1 : Norm.Lambda;

    /// <summary>The value of the entries from start to end alone.</summary>
    public double Minimiser(int start, int end) => X[start] + (Unit * Offset(start, end));

    /// <summary>How far that value lies above the first of the entries, in units of lambda: all its digits.</summary>
    public double Offset(int start, int end)
    {
        var weight = W[start..end].Sum();
        if (Term == OracleTerm.LeastSquares)
        {
            return Enumerable.Range(start, end - start).Sum(i => W[i] * (X[i] - X[start])) / weight;
        }

        var u = X[start..end].Select(x => (x - X[start]) / Unit).ToArray();
        if (Term == OracleTerm.Quadratic)
        {
            var (low, high) = (Math.Min(0, X[start..end].Min()), Math.Max(0, X[start..end].Max()));
            return Root((low - X[start]) / Unit, (high - X[start]) / Unit, d => Balance(u, d, weight * (X[start] + (Unit * d))));
        }

        var reach = Math.Pow(Math.Abs(weight) / (end - start), 1 / Norm.ResponseExponent) * (1 + 1e-12);
        return Root(u.Min() - (weight > 0 ? reach : 0), u.Max() + (weight < 0 ? reach : 0), d => Balance(u, d, weight));
    }

    /// <summary>The objective over the entries from start on that v gives.</summary>
    public double Value(double[] v, int start = 0)
    {
        var sum = 0.0;
        for (var i = 0; i < v.Length; i++)
        {
            var (x, w) = (X[start + i], W[start + i]);
            var distance = Term == OracleTerm.LeastSquares
                ? w * (x - v[i]) * (x - v[i]) / 2
                : Math.Pow(Math.Abs(x - v[i]) / Norm.Lambda, Norm.DualExponent) * Norm.Lambda / Norm.DualExponent;
            sum += distance + (Term == OracleTerm.Linear ? w * v[i] : Term == OracleTerm.Quadratic ? w * v[i] * v[i] / 2 : 0);
        }

        return sum;
    }

    /// <summary>The derivative of the objective in v_i, and the size of its terms.</summary>
    public (double Slope, double Size) Slope(int i, double v)
    {
        var pull = Term == OracleTerm.LeastSquares ? W[i] * (X[i] - v) : SignedPower((X[i] - v) / Norm.Lambda, Norm.ResponseExponent);
        var push = Term == OracleTerm.Linear ? W[i] : Term == OracleTerm.Quadratic ? W[i] * v : 0;
        return (push - pull, Math.Abs(push) + Math.Abs(pull));
    }

    /// <summary>sign(v) |v|^exponent.</summary>
    public static double SignedPower(double v, double exponent) => Math.CopySign(Math.Pow(Math.Abs(v), exponent), v);

    /// <summary>A number of the sign of sum sign(u_i - d) |u_i - d|^a - right, whatever overflows.</summary>
    private double Balance(double[] u, double d, double right)
    {
        var a = Norm.ResponseExponent;
        var largest = u.Max(v => Math.Abs(v - d));
        return largest == 0 ? -right : u.Sum(v => SignedPower((v - d) / largest, a)) - (right == 0 ? 0 : right / Math.Pow(largest, a));
    }

    /// <summary>Where a decreasing function changes its sign.</summary>
    private static double Root(double low, double high, Func<double, double> f)
    {
        for (var i = 0; i < 200; i++)
        {
            var middle = low + ((high - low) / 2);
            if (!(middle > low && middle < high))
            {
                break;
            }

            (low, high) = f(middle) > 0 ? (middle, high) : (low, middle);
        }

        return low + ((high - low) / 2);
    }
}
