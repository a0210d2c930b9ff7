using Xunit;

namespace SparseTopK.TestKit;

/// <summary>What every back end must satisfy: a test class per back end derives from it.</summary>
/// <remarks>Rows are given and returned in float64 and hold float32 values; a back end rounds to its own type and back.</remarks>
public abstract partial class TopKContract
{
    /// <summary>The exponents that the tests go through: kinked, smooth, extreme, and the unbounded ones above 2.</summary>
    public static TheoryData<double> Exponents => [1.05, 1.1, 4.0 / 3.0, 1.5, 2, 3, 5];

    /// <summary>Whether results are those of float64 arithmetic; otherwise they are rounded to float32.</summary>
    protected abstract bool IsDouble { get; }

    /// <summary>The longest row of many undecided entries to try at exponents other than 2 and 4/3: a back end may be slow there.</summary>
    protected virtual int LongestGeneral => int.MaxValue;

    /// <summary>The largest |x|/lambda of a magnitude that the back end documents.</summary>
    protected virtual double LargestRatio => double.PositiveInfinity;

    protected abstract double[] MaskForward(double[] x, int n, int k, PNorm norm);

    /// <param name="y">What <see cref="MaskForward"/> gave.</param>
    /// <param name="g">The gradient of the output.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="norm">The regularizer.</param>
    protected abstract double[] MaskVjp(double[] y, double[] g, int n, PNorm norm);

    protected abstract double[] MaskJvp(double[] y, double[] dx, int n, PNorm norm);

    protected abstract (double[] Z, double[] Thresholds) MagnitudeForward(double[] x, int n, int k, PNorm norm);

    protected abstract double[] MagnitudeVjp(double[] x, double[] thresholds, double[] g, int n, int k, PNorm norm);

    protected abstract double[] MagnitudeJvp(double[] x, double[] thresholds, double[] dx, int n, int k, PNorm norm);

    protected double ForwardTolerance(PNorm norm, double[] x) =>
        IsDouble ? Tolerance.Forward<double>(norm, x) : Tolerance.Forward<float>(norm, x);

    protected double VjpTolerance(PNorm norm, double[] x) =>
        IsDouble ? Tolerance.Vjp<double>(norm, x) : Tolerance.Vjp<float>(norm, x);

    private double[] MaskGradient(double[] x, int k, PNorm norm, double[] g) =>
        MaskVjp(MaskForward(x, x.Length, k, norm), g, x.Length, norm);

    private double[] MagnitudeGradient(double[] x, int k, PNorm norm, double[] g) =>
        MagnitudeVjp(x, MagnitudeForward(x, x.Length, k, norm).Thresholds, g, x.Length, k, norm);

    private void AssertMask(double[] x, int k, PNorm norm)
    {
        var row = Oracle.Mask(x, k, norm);
        var tolerance = 8 * ForwardTolerance(norm, x);
        AssertNear(
            row.Output, MaskForward(x, x.Length, k, norm), i => tolerance + Sway(row, i, norm), () => Describe("mask", x, k, norm));
    }

    private void AssertMagnitude(double[] x, int k, PNorm norm)
    {
        var row = Oracle.Magnitude(x, k, norm);
        var tolerance = 8 * ForwardTolerance(norm, x);
        AssertNear(
            row.Output, MagnitudeForward(x, x.Length, k, norm).Z,
            i => (tolerance * Math.Abs(x[i])) + (Sway(row, i, norm) * (row.Threshold + row.Width)), () => Describe("magnitude", x, k, norm));
    }

    /// <summary>How far a share moves with the last digits of the root, those that a sum of n terms leaves uncertain.</summary>
    private double Sway(OracleRow row, int i, PNorm norm)
    {
        if (!double.IsFinite(row.Threshold) || !double.IsFinite(row.Level[i]))
        {
            return 0;
        }

        var digits = Math.Pow(2, IsDouble ? -52 : -47) * Math.Sqrt(row.Level.Length);
        var shift = digits * (1 + (Math.Abs(row.Threshold) / row.Width));
        return shift + Oracle.Share(row.Level[i] + shift, norm) - Oracle.Share(row.Level[i] - shift, norm);
    }

    protected static string Describe(string name, double[] x, int k, PNorm norm) => FormattableString.Invariant(
        $"{name}, n = {x.Length}, k = {k}, p = {norm.P:R}, lambda = {norm.Lambda:R}, x = ({string.Join(", ", x.Take(16))}{(x.Length > 16 ? ", ..." : "")})");

    protected internal static void AssertNear(double[] expected, double[] actual, Func<int, double> tolerance, Func<string> description)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(expected[i] == actual[i] || Math.Abs(expected[i] - actual[i]) <= tolerance(i)
                || (double.IsNaN(expected[i]) && double.IsNaN(actual[i]))))
            {
                Assert.Fail(FormattableString.Invariant(
                    $"[{i}]: expected {expected[i]:R}, got {actual[i]:R}, tolerance {tolerance(i):e2}: {description()}"));
            }
        }
    }

    protected internal static void AssertAll(double[] actual, double expected) => Assert.All(actual, v => Assert.Equal(expected, v));
}
