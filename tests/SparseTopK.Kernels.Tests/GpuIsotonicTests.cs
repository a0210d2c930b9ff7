using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Isotonic regression on an accelerator beside its contract: 16-bit rows, memory that is shared, what is read on the device.</summary>
public abstract class GpuIsotonicTests<TDevices>
    where TDevices : IDevices
{
    private static readonly int[] Lengths = [1, 2, 31, 32, 33, 64, 65, 255, 256, 257, 1025];

    private static readonly IsotonicObjective[] Objectives =
    [
        IsotonicObjective.LeastSquares, IsotonicObjective.LinearTerm(PNorm.Quadratic(0.5)), IsotonicObjective.QuadraticTerm(PNorm.Quadratic(2)),
        IsotonicObjective.LinearTerm(PNorm.Smooth(0.5)), IsotonicObjective.QuadraticTerm(PNorm.Smooth(2)),
    ];

    private static readonly int[][] BadEnds =
    [
        [-1, 2, 3, 4], [1, 5, 5, 5], [1, 2, 3, int.MaxValue], [3, 2, 4, 4], [1, 1, 4, 4], [1, 2, 3, 3], [1, 0, 4, 4], [0, 4, 4, 4],
    ];

    public static string? Missing => TDevices.Missing;

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private static GpuTopK Kernels => Shared<TDevices>.By(Spread.Own);

    [ContractFact]
    public void Rows_of_16_bits_are_those_of_the_core()
    {
        foreach (var (n, objective) in Lengths.SelectMany(_ => Objectives, (n, objective) => (n, objective)))
        {
            var (x, w, g) = (Cast(Inputs.Normal(3 * n, n)), Cast(Inputs.Positive(n, n)), Cast(Inputs.Normal(3 * n, 1)));
            var (expected, expectedEnds) = (new Half[3 * n], new int[3 * n]);
            IsotonicRegression.Forward<Half>(x, n, w, objective, expected, expectedEnds, IsotonicOrder.Increasing);
            using var rows = new DeviceRows(Accelerator);
            var (source, weights, v, ends) = (rows.Copy(x), rows.Copy(w), rows.Copy(new Half[3 * n]), rows.Copy(new int[3 * n]));
            Kernels.IsotonicForward(source, n, weights, objective, v, ends, IsotonicOrder.Increasing);
            AssertNear(expected, rows.Read(v), 1.0 / 1024);
            Assert.Equal(expectedEnds, rows.Read(ends));
            var gradient = rows.Copy(new Half[3 * n]);
            Kernels.IsotonicVjp(source, v, ends, rows.Copy(g), n, weights, objective, gradient);
            AssertNear(IsotonicRegression.Vjp<Half>(x, expected, expectedEnds, g, n, w, objective), rows.Read(gradient), 4.0 / 1024);
        }
    }

    [ContractFact]
    public void It_works_in_place_and_gives_the_same_bits_again()
    {
        foreach (var (n, objective) in Lengths.SelectMany(_ => Objectives, (n, objective) => (n, objective)))
        {
            using var rows = new DeviceRows(Accelerator);
            var (values, w) = (Inputs.Normal(2 * n, n), rows.Copy<float>(Inputs.Positive(2 * n, n)));
            var (x, v, ends) = (rows.Copy<float>(values), rows.Copy(new float[2 * n]), rows.Copy(new int[2 * n]));
            var again = rows.Copy<float>(values);
            Kernels.IsotonicForward(x, n, w, objective, v, ends);
            Kernels.IsotonicForward(again, n, w, objective, again);
            Assert.Equal(rows.Read(v), rows.Read(again));

            var (g, gradient) = (rows.Copy<float>(Inputs.Normal(2 * n, 1)), rows.Copy(new float[2 * n]));
            Kernels.IsotonicVjp(x, v, ends, g, n, w, objective, gradient);
            var expected = rows.Read(gradient);
            Kernels.IsotonicVjp(x, v, ends, g, n, w, objective, g);
            Assert.Equal(expected, rows.Read(g));
            g.CopyFromCPU(TestKit.Conformance.Cast<float>(Inputs.Normal(2 * n, 1)));
            Kernels.IsotonicVjp(x, again, ends, g, n, w, objective, again);
            Assert.Equal(expected, rows.Read(again));
            Kernels.IsotonicVjp(x, v, ends, g, n, w, objective, x);
            Assert.Equal(expected, rows.Read(x));
        }
    }

    [ContractFact]
    public void Rows_with_a_weight_that_is_none_are_NaN_and_leave_the_others_alone()
    {
        foreach (var objective in Objectives)
        {
            using var rows = new DeviceRows(Accelerator);
            var (v, ends) = (rows.Copy(new float[6]), rows.Copy(new int[6]));
            var w = rows.Copy<float>([1, objective.Term == IsotonicTerm.Linear ? double.NaN : -1, 2, 1, 1, double.PositiveInfinity]);
            Kernels.IsotonicForward(rows.Copy<float>([1, 2, 3, 4, 5, 6]), 2, w, objective, v, ends);
            Assert.Equal([true, true, false, false, true, true], Array.ConvertAll(rows.Read(v), float.IsNaN));
            Assert.Equal([0, 2, 0, 2], [.. rows.Read(ends)[..2], .. rows.Read(ends)[4..]]);
        }
    }

    [ContractFact]
    public void A_row_whose_blocks_are_none_is_NaN()
    {
        foreach (var (ends, objective) in BadEnds.SelectMany(_ => Objectives, (ends, objective) => (ends, objective)))
        {
            using var rows = new DeviceRows(Accelerator);
            var (x, w, result) = (rows.Copy<double>([1, 2, 3, 4, 1, 2, 3, 4]), rows.Copy<double>([1, 1, 1, 1]), rows.Copy(new double[8]));
            Kernels.IsotonicVjp(x, x, rows.Copy<int>([.. ends, 2, 4, 4, 4]), x, 4, w, objective, result);
            Assert.All(rows.Read(result)[..4], value => Assert.Equal(double.NaN, value));
            Assert.All(rows.Read(result)[4..], value => Assert.True(double.IsFinite(value)));
        }
    }

    [ContractFact]
    public void Arguments_are_checked_by_name()
    {
        using var rows = new DeviceRows(Accelerator);
        var (x, w, ends, y) = (rows.Copy(new float[12]), rows.Copy(new float[4]), rows.Copy(new int[12]), rows.Copy(new float[12]));
        var (one, roots, squares) = (rows.Copy(new float[1]), rows.Copy(new double[3]), IsotonicObjective.LeastSquares);
        Refuses("x", () => Kernels.IsotonicForward(x, 5, default, squares, y));
        Refuses("n", () => Kernels.IsotonicForward(x, -1, default, squares, y));
        Refuses("weights", () => Kernels.IsotonicForward(x, 4, one, squares, y));
        Refuses("weights", () => Kernels.IsotonicForward(x, 4, default, IsotonicObjective.LinearTerm(PNorm.Quadratic(1)), y));
        Refuses("objective", () => Kernels.IsotonicForward(x, 4, w, IsotonicObjective.LinearTerm(new PNorm(1.5, 1)), y));
        Refuses("destination", () => Kernels.IsotonicForward(x, 4, default, squares, one));
        Refuses("blockEnds", () => Kernels.IsotonicForward(x, 4, default, squares, y, rows.Copy(new int[3])));
        Refuses("order", () => Kernels.IsotonicForward(x, 4, default, squares, y, order: (IsotonicOrder)7));
        Refuses("v", () => Kernels.IsotonicVjp(x, one, ends, x, 4, default, squares, y));
        Refuses("gradOutput", () => Kernels.IsotonicVjp(x, x, ends, one, 4, default, squares, y));
        Refuses("tangent", () => Kernels.IsotonicJvp(x, x, ends, one, 4, default, squares, y));
        Refuses("blockEnds", () => Kernels.IsotonicJvp(x, x, default, x, 4, default, squares, y));
        Refuses("residuals", () => Kernels.DykstraProject(x, 4, w, y, rows.Copy(new double[2])));
        Refuses("halfSweeps", () => Kernels.DykstraProject(x, 4, w, y, roots, rows.Copy(new int[4])));
        Refuses("order", () => Kernels.DykstraProject(x, 4, w, y, order: (IsotonicOrder)7));
        Refuses("weights", () => Kernels.DykstraProject(x, 4, one, y));
        Refuses("weights", () => Kernels.DykstraProject(x, 12, y, y));
        Refuses("options", () => Kernels.MaskForward(x, 4, 1, PNorm.Quadratic(1), y, default, null!));
        Refuses("k", () => Kernels.MaskForward(x, 4, 5, PNorm.Quadratic(1), y, default, DykstraOptions.Default));
        Refuses("norm", () => Kernels.MaskForward(x, 4, 1, PNorm.Smooth(1), y, default, DykstraOptions.Default));
        Refuses("thresholds", () => Kernels.MagnitudeForward(x, 4, 1, PNorm.Quadratic(1), y, default, DykstraOptions.Default));
        Refuses("residuals", () => Kernels.MaskForward(x, 4, ends.SubView(0, 3), PNorm.Quadratic(1), y, roots, DykstraOptions.Default, rows.Copy(new double[4])));
        Refuses("solver", () => Kernels.MaskForward(x, 4, 1, PNorm.Quadratic(1), y, default, TopKSolver.Dykstra));
        Refuses("solver", () => Kernels.MagnitudeForward(x, 4, 1, PNorm.Quadratic(1), y, roots, (TopKSolver)9));
        Refuses("norm", () => Kernels.MaskForward(x, 4, 1, new PNorm(1.5, 1), y, default, TopKSolver.Pav));

        static void Refuses(string name, Action call) => Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(call).ParamName);
    }

    private static Half[] Cast(double[] values) => TestKit.Conformance.Cast<Half>(values);

    private static void AssertNear(Half[] expected, Half[] actual, double tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal((double)pair.First, (double)pair.Second, tolerance * (1 + Math.Abs((double)pair.First))));
}

public sealed class IsotonicMemoryOnOpenCl : GpuIsotonicTests<OpenClDevices>;

public sealed class IsotonicMemoryOnCuda : GpuIsotonicTests<CudaDevices>;

public sealed class IsotonicMemoryOnCpu : GpuIsotonicTests<CpuDevices>;
