using FsCheck;
using FsCheck.Fluent;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Properties of any row, on random ones that shrink when they fail.</summary>
public sealed class PropertyTests
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure.WithMaxTest(500).WithReplay(20230723, 7);

    /// <summary>A row of small rational entries, so that ties and exact gaps are frequent.</summary>
    private static readonly Arbitrary<int[]> AnyRow = ArbMap.Default.ArbFor<int[]>().Filter(row => row.Length is > 0 and < 90);

    private static readonly PNorm[] Norms = [PNorm.Quadratic(1), PNorm.Smooth(0.25), new(1.5, 3), new(1.1, 1), new(3, 1)];

    [Fact]
    public void The_mask_sums_to_k() => Check((x, k, norm, solver) =>
    {
        var y = Mask(x, k, norm, solver);
        return Math.Abs(y.Sum() - k) < 1e-9 && y.All(v => v is >= 0 and <= 1);
    });

    [Fact]
    public void Adding_a_constant_leaves_the_mask_as_it_is() => Check((x, k, norm, solver) =>
        Near(Mask(x, k, norm, solver), Mask(Array.ConvertAll(x, v => v + 64), k, norm, solver)));

    [Fact]
    public void The_mask_grows_with_k() => Check((x, k, norm, solver) =>
        k == x.Length || Mask(x, k, norm, solver).Zip(Mask(x, k + 1, norm, solver)).All(pair => pair.First <= pair.Second + 1e-9));

    [Fact]
    public void Scaling_row_and_strength_together_leaves_the_mask_as_it_is() => Check((x, k, norm, solver) => Near(
        Mask(x, k, norm, solver), Mask(Array.ConvertAll(x, v => v * 1024), k, norm with { Lambda = 1024 * norm.Lambda }, solver)));

    [Fact]
    public void The_magnitude_shrinks_and_keeps_signs() => Check((x, k, norm, solver) =>
        x.Zip(Magnitude(x, k, norm, solver)).All(pair => Math.Abs(pair.Second) <= Math.Abs(pair.First) && pair.First * pair.Second >= 0));

    [Fact]
    public void The_magnitude_grows_with_k() => Check((x, k, norm, solver) => k == x.Length || Magnitude(x, k, norm, solver)
        .Zip(Magnitude(x, k + 1, norm, solver)).All(pair => Math.Abs(pair.First) <= Math.Abs(pair.Second) + 1e-9));

    [Fact]
    public void Both_match_the_oracle() => Check((x, k, norm, solver) =>
        Near(Oracle.Mask(x, k, norm).Output, Mask(x, k, norm, solver))
            && Near(Oracle.Magnitude(x, k, norm).Output, Magnitude(x, k, norm, solver), 1 + x.Max(Math.Abs)));

    [Fact]
    public void The_gradient_of_the_mask_sums_to_zero() => Check((x, k, norm, solver) =>
    {
        var (y, gradient) = (Mask(x, k, norm, solver), new double[x.Length]);
        TopKMask.Vjp<double>(y, x, x.Length, norm, gradient);
        return Math.Abs(gradient.Sum()) <= 1e-9 * (1 + gradient.Sum(Math.Abs));
    });

    private static void Check(Func<double[], int, PNorm, TopKSolver, bool> property) => Check(Prop.ForAll(AnyRow, row =>
    {
        var x = Array.ConvertAll(row, v => v / 4.0);
        var (k, norm) = (Math.Abs(row.Sum()) % (x.Length + 1), Norms[row.Length % Norms.Length]);
        return property(x, k, norm, TopKSolver.Threshold) && property(x, k, norm, TopKSolver.Pav);
    }));

    private static void Check(Property property) => FsCheck.Check.One(Fixed, property);

    private static double[] Mask(double[] x, int k, PNorm norm, TopKSolver solver)
    {
        var y = new double[x.Length];
        TopKMask.Forward<double>(x, x.Length, k, norm, y, solver);
        return y;
    }

    private static double[] Magnitude(double[] x, int k, PNorm norm, TopKSolver solver)
    {
        var z = new double[x.Length];
        TopKMagnitude.Forward<double>(x, x.Length, k, norm, z, new double[1], solver);
        return z;
    }

    private static bool Near(double[] one, double[] other, double scale = 1) =>
        one.Zip(other).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-7 * scale);
}
