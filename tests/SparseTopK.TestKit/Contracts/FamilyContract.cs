namespace SparseTopK.TestKit;

/// <summary>What the contracts of the isotonic family share.</summary>
/// <remarks>Rows are given and returned in float64 and hold float32 values; a back end rounds to its own type and back.</remarks>
public abstract class FamilyContract
{
    /// <summary>Kinked, smooth, extreme, and above 2.</summary>
    public static Xunit.TheoryData<double> Exponents => [1.05, 1.1, 4.0 / 3.0, 1.5, 2, 3, 5];

    protected static readonly string[] Shapes = ["random", "tied", "rising", "falling", "plateaus"];

    protected static readonly double[] Strengths = [1e-3, 0.1, 1, 10, 1e3];

    protected static readonly int[] Lengths = [1, 2, 3, 9, 40, 300];

    protected static readonly IsotonicOrder[] Orders = [IsotonicOrder.Decreasing, IsotonicOrder.Increasing];

    /// <summary>Whether results are those of float64 arithmetic; otherwise they are rounded to float32.</summary>
    protected abstract bool IsDouble { get; }

    /// <summary>Half the distance of 1 to the next number of the element type.</summary>
    protected double Unit => IsDouble ? UnitDouble : Math.Pow(2, -24);

    protected static double UnitDouble => Math.Pow(2, -53);

    protected static double Largest(params IEnumerable<double> values) => values.Select(Math.Abs).Where(double.IsFinite).DefaultIfEmpty(0).Max();

    protected static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>An error against the terms that a product adds up, before any cancel.</summary>
    protected static void AssertProduct(
        OracleJacobian jacobian, double[] v, double[] actual, double tolerance, bool transposed, Func<string> description)
    {
        var absolute = new OracleJacobian(
            OracleJacobian.Build(actual.Length, (i, j) => Math.Abs(jacobian.Matrix[i, j])), jacobian.Scale);
        var size = Array.ConvertAll(v, Math.Abs);
        var unit = Largest(transposed ? absolute.Transposed(size) : absolute.Times(size));
        TopKContract.AssertNear(transposed ? jacobian.Transposed(v) : jacobian.Times(v), actual, _ => tolerance * unit, description);
    }

    /// <summary>g . J dx = J^T g . dx, up to a share of the terms and to what cancels within them.</summary>
    protected static void AssertTransposed(double[] g, double[] jvp, double[] vjp, double[] dx, double tolerance, double cancelled = 0)
    {
        var (left, right) = (g.Zip(jvp, (a, b) => a * b).ToArray(), vjp.Zip(dx, (a, b) => a * b).ToArray());
        Xunit.Assert.Equal(left.Sum(), right.Sum(), tolerance * (cancelled + left.Sum(Math.Abs) + right.Sum(Math.Abs)));
        Xunit.Assert.True(left.Length < 40 || left.Any(v => v != 0), "All products are 0: nothing has been compared.");
    }

    /// <summary>Numbers that no one sends on purpose: from 1e-40 to 1e30, zeros of both signs, ties, and their neighbours.</summary>
    protected static double[] Hostile(Random random, int n)
    {
        double[] odd = [0, -0.0, 1e-40f, -1e-40f, float.Epsilon, 1e-30f, 1, -1, 1.0000001f, 0.99999994f, 2, 16777216, 1e10f, -1e10f, 1e30f, -1e30f];
        var (kind, scale) = (random.Next(3), Math.Pow(10, random.Next(-38, 30)));
        return [.. Enumerable.Range(0, n).Select(_ => (double)(float)(kind switch
        {
            0 => odd[random.Next(odd.Length)],
            1 => (random.NextDouble() - 0.5) * scale,
            _ => random.Next(4) * scale,
        }))];
    }

    protected static int[] Shuffled(int n, int seed)
    {
        var order = Enumerable.Range(0, n).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    protected static void AssertNear(double[] expected, double[] actual, Func<int, double> tolerance, Func<string> description) =>
        TopKContract.AssertNear(expected, actual, tolerance, description);

    protected static void AssertAll(double[] actual, double expected) => TopKContract.AssertAll(actual, expected);

    protected static string Show(params IEnumerable<double> values) =>
        FormattableString.Invariant($"({string.Join(", ", values.Take(12).Select(v => v.ToString("R")))}{(values.Count() > 12 ? ", ..." : "")})");
}
