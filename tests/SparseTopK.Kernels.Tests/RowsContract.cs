using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Batches on an accelerator, with the core as oracle: awkward lengths, many rows, k per row, 16-bit floats, memory, repeated runs.</summary>
public abstract class RowsContract<TDevices>(Spread spread, bool isSlow = false)
    where TDevices : IDevices
{
    public static string? Missing => TDevices.Missing;

    public static TheoryData<double> Exponents => [2, 4.0 / 3, 1.5, 1.2, 3];

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    private IEnumerable<(int Rows, int N)> Shapes => isSlow
        ? [(1, 1), (3, 2), (2, 31), (2, 33), (1, 257), (1, 1025)]
        :
        [
            (1, 1), (5, 2), (7, 8), (3, 31), (3, 32), (3, 33), (3, 64), (3, 65), (2, 255), (2, 256), (2, 257), (2, 1023), (2, 1024), (2, 1025),
            (3, 5000), (2, 16385), (1, 70_000),
        ];

    [ContractTheory]
    [MemberData(nameof(Exponents))]
    public void Rows_of_awkward_lengths_are_those_of_the_core(double p)
    {
        foreach (var (rows, n) in Shapes)
        {
            foreach (var lambda in isSlow ? [0.5] : new[] { 0.02, 0.5, 30 })
            {
                var x = Inputs.Normal(rows * n, n);
                var k = Enumerable.Range(0, rows).Select(r => (r + 1) * n / (rows + 2)).ToArray();
                Compare<float>(x, n, k, new PNorm(p, lambda));
                Compare<double>(x, n, k, new PNorm(p, lambda));
            }
        }
    }

    /// <summary>More rows than threads and groups of a launch: each does several.</summary>
    [ContractFact]
    public void There_may_be_many_short_rows()
    {
        var rows = isSlow ? 100 : 10_000;
        var random = new Random(5);
        Compare<float>(Inputs.Normal(rows * 8, 1), 8, [.. Enumerable.Range(0, rows).Select(_ => random.Next(9))], PNorm.Quadratic(0.3));
        if (!isSlow)
        {
            Compare<float>(Inputs.Normal(70_000 * 3, 1), 3, [.. Enumerable.Repeat(1, 70_000)], PNorm.Smooth(0.3));
        }
    }

    [ContractFact]
    public void Ties_infinities_and_NaN_stay_in_their_rows()
    {
        foreach (var n in isSlow ? [6, 40] : new[] { 6, 40, 300, 3000 })
        {
            var x = Inputs.Tied(8 * n, n);
            x[n] = double.NaN;
            x[2 * n] = double.PositiveInfinity;
            Array.Fill(x, double.NegativeInfinity, 3 * n, n - 1);
            Array.Fill(x, double.NegativeInfinity, 4 * n, n);
            Array.Fill(x, 0, 5 * n, n - 2);
            Array.Fill(x, 7, 6 * n, n);
            int[] k = [n / 2, n / 2, n / 2, n / 2, 1, n / 2, n / 3, 0];
            Compare<float>(x, n, k, PNorm.Quadratic(0.5));
            Compare<double>(x, n, k, PNorm.Smooth(0.5));
        }
    }

    [ContractFact]
    public void Ties_that_lambda_cannot_part_share()
    {
        foreach (var n in isSlow ? [6] : new[] { 6, 100, 400 })
        {
            foreach (var (value, lambda, p) in new (double, double, double)[] { (1e20, 1, 2), (1e8, 1e-9, 2), (float.MinValue, 1, 4.0 / 3), (1e8, 1e-9, 3) })
            {
                var x = Enumerable.Repeat((double)(float)value, n).ToArray();
                (x[0], x[n - 1]) = (Math.Max(value, 1) * 2, Math.Max(value, 1) * 2);
                var (y, _) = Forward<double>(x, n, [n / 2], new PNorm(p, lambda), isMask: true, inPlace: false);
                Assert.Equal([1, 1], [y[0], y[n - 1]]);
                Assert.All(y[1..^1], v => Assert.Equal(((n / 2) - 2.0) / (n - 2), v, 1e-9));
            }
        }
    }

    [ContractFact]
    public void Shapes_on_which_a_sample_misleads_are_those_of_the_core()
    {
        foreach (var shape in TopKContract.Shapes.Cast<object[]>().Select(data => (string)data[0]))
        {
            foreach (var n in isSlow ? [300] : new[] { 300, 4000, 70_000 })
            {
                foreach (var k in isSlow ? [n / 50] : new[] { 1, n / 50, n / 2, n - 1 })
                {
                    Compare<float>(Inputs.Adversarial(shape, n, n), n, [k], PNorm.Quadratic(0.3));
                    Compare<float>(Inputs.Adversarial(shape, n, n), n, [k], PNorm.Smooth(1e-3));
                }
            }
        }
    }

    [ContractFact]
    public void A_k_out_of_range_on_the_device_makes_its_row_NaN()
    {
        var (y, tau) = Forward<float>(Inputs.Normal(30, 1), 10, [2, -1, 11], PNorm.Quadratic(1), isMask: true, inPlace: false);
        Assert.All(y[..10], v => Assert.InRange(v, 0, 1));
        Assert.All(y[10..], v => Assert.Equal(double.NaN, v));
        Assert.Equal(double.NaN, tau[2]);
    }

    [ContractFact]
    public void The_destination_may_be_an_input_and_runs_repeat_their_bits()
    {
        foreach (var n in isSlow ? [50] : new[] { 50, 1000, 70_000 })
        {
            foreach (var norm in new[] { PNorm.Quadratic(0.5), PNorm.Smooth(0.5) })
            {
                var (x, g) = (Inputs.Normal(2 * n, n), Inputs.Normal(2 * n, n + 1));
                int[] k = [n / 9, n / 2];
                foreach (var isMask in new[] { true, false })
                {
                    var (y, roots) = Forward<float>(x, n, k, norm, isMask, inPlace: false);
                    for (var i = 0; i < 3; i++)
                    {
                        var (again, rootsAgain) = Forward<float>(x, n, k, norm, isMask, inPlace: i > 0);
                        Assert.Equal(y, again);
                        Assert.Equal(roots, rootsAgain);
                    }

                    var point = isMask ? y : x;
                    var product = Product<float>(point, roots, g, n, k, norm, isMask, false, 0);
                    Assert.Equal(product, Product<float>(point, roots, g, n, k, norm, isMask, false, 1));
                    Assert.Equal(product, Product<float>(point, roots, g, n, k, norm, isMask, false, 2));
                }
            }
        }
    }

    /// <summary>What the core does: widen, compute, round.</summary>
    [ContractFact]
    public void Half_is_widened()
    {
        foreach (var n in isSlow ? [40] : new[] { 9, 40, 500 })
        {
            foreach (var norm in new[] { PNorm.Quadratic(0.5), PNorm.Smooth(0.5) })
            {
                var x = Array.ConvertAll(Inputs.Normal(3 * n, n), v => (double)(System.Half)v);
                int[] k = [1, n / 3, n / 2];
                foreach (var isMask in new[] { true, false })
                {
                    var (expected, roots) = Core<System.Half>(x, n, k, norm, isMask);
                    var (y, actualRoots) = Forward<System.Half>(x, n, k, norm, isMask, inPlace: false);
                    Near(expected, y, _ => 1.0 / (1 << 10), "Half", isMask);
                    Near(roots, actualRoots, _ => 1e-6, "Half", isMask);
                    var (other, _) = Forward<ILGPU.Half>(x, n, k, norm, isMask, inPlace: false);
                    Assert.Equal(y, other);
                }
            }
        }
    }

    [ContractFact]
    public void BFloat16_is_widened()
    {
        foreach (var n in isSlow ? [40] : new[] { 9, 40, 500 })
        {
            foreach (var norm in new[] { PNorm.Quadratic(0.5), PNorm.Smooth(0.5) })
            {
                var (x, g) = (Widen(Cast<BFloat16>(Inputs.Normal(3 * n, n))), Widen(Cast<BFloat16>(Inputs.Normal(3 * n, 1))));
                int[] k = [1, n / 3, n / 2];
                foreach (var isMask in new[] { true, false })
                {
                    var (expected, roots) = Core<float>(x, n, k, norm, isMask);
                    var (y, actualRoots) = Forward<BFloat16>(x, n, k, norm, isMask, inPlace: false);
                    Near(Widen(Cast<BFloat16>(expected)), y, i => Math.Abs(expected[i]) / 128, "BFloat16", isMask);
                    Near(roots, actualRoots, _ => 1e-6, "BFloat16", isMask);
                    var point = isMask ? Widen(Cast<BFloat16>(expected)) : x;
                    var product = Product<BFloat16>(point, roots, g, n, k, norm, isMask, false, 0);
                    var expectedProduct = CoreProduct<float>(point, roots, g, n, k, norm, isMask, false);
                    Near(expectedProduct, product, i => (1e-6 * Slope(point, 0, norm, isMask)) + (Math.Abs(expectedProduct[i]) / 256), "BFloat16", isMask);
                }
            }
        }
    }

    [ContractFact]
    public void Products_of_16_bits_are_clamped_to_the_largest_finite_number()
    {
        // Both ones have y = 1/2 and the slope 1/lambda.
        Clamps<System.Half>(1e-5, 65504);
        Clamps<BFloat16>(1e-39, (double)BitConverter.UInt32BitsToSingle(0x7F7F0000));

        void Clamps<T>(double lambda, double most)
            where T : unmanaged
        {
            var norm = PNorm.Quadratic(lambda);
            Assert.Equal([most, -most, 0], Product<T>([0.5, 0.5, 0], [1], [1, -1, 0], 3, [1], norm, isMask: true, isJvp: false, 0));
            Assert.Equal([most, -most, 0], Product<T>([0.5, 0.5, 0], [1], [1, -1, 0], 3, [1], norm, isMask: true, isJvp: true, 0));
        }
    }

    private void Compare<T>(double[] x, int n, int[] k, PNorm norm)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var g = Inputs.Normal(x.Length, n + 1);
        foreach (var isMask in new[] { true, false })
        {
            var (y, roots) = Forward<T>(x, n, k, norm, isMask, inPlace: false);
            var (expected, expectedRoots) = Core<T>(x, n, k, norm, isMask);
            var what = $"{typeof(T).Name} {(isMask ? "mask" : "magnitude")} {x.Length / n} x {n}, k = {k[0]}, {norm}";
            for (var r = 0; r < k.Length; r++)
            {
                var (start, end) = (r * n, (r + 1) * n);
                var row = x[start..end];
                var tolerance = 2 * Tolerance.Forward<T>(norm, row);
                Near(expected[start..end], y[start..end], i => tolerance * (isMask ? 1 : Math.Abs(row[i])), what, isMask);
                var unit = Math.Max(Math.Abs(expectedRoots[r]), norm.Lambda);
                Near([expectedRoots[r]], [roots[r]], _ => 1e-12 * Math.Max(1, unit) * (norm.P > 2 ? 1e4 : 10), what, isMask);
            }

            var point = isMask ? expected : x;
            foreach (var isJvp in new[] { false, true })
            {
                var product = Product<T>(point, expectedRoots, g, n, k, norm, isMask, isJvp, 0);
                var expectedProduct = CoreProduct<T>(point, expectedRoots, g, n, k, norm, isMask, isJvp);
                for (var r = 0; r < k.Length; r++)
                {
                    var (start, end) = (r * n, (r + 1) * n);
                    var largest = Slope(point[start..end], expectedRoots[r], norm, isMask) * 3;
                    Near(expectedProduct[start..end], product[start..end], _ => Tolerance.Vjp<T>(norm, []) * largest, what + ", product", isMask);
                }
            }
        }
    }

    /// <summary>The scale of a product: its terms may cancel.</summary>
    private static double Slope(double[] point, double root, PNorm norm, bool isMask)
    {
        var slopes = isMask
            ? point.Where(y => y is > 0 and < 1).Select(y => Math.Pow(y, 2 - norm.P) / (norm.Lambda * (norm.P - 1)))
            : point.Select(v => Math.Abs(v) - root).Where(t => t > 0).Select(t => 1 + norm.ConjugateSecondDerivative(t));
        return Math.Min(slopes.DefaultIfEmpty(0).Max() + 1, 1e300);
    }

    private static void Near(double[] expected, double[] actual, Func<int, double> tolerance, string what, bool isMask)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var isSame = double.IsFinite(expected[i]) ? Math.Abs(actual[i] - expected[i]) <= tolerance(i) : actual[i].Equals(expected[i]);
            Assert.True(isSame, $"{what} ({(isMask ? "mask" : "magnitude")}): {actual[i]} is not {expected[i]} at {i}, tolerance {tolerance(i):e2}");
        }
    }

    private (double[] Y, double[] Roots) Forward<T>(double[] x, int n, int[] k, PNorm norm, bool isMask, bool inPlace)
        where T : unmanaged
    {
        using var input = Accelerator.Allocate1D(Cast<T>(x));
        using var own = Accelerator.Allocate1D<T>(x.Length);
        using var counts = Accelerator.Allocate1D(k);
        using var thresholds = Accelerator.Allocate1D<double>(k.Length);
        var output = inPlace ? input : own;
        if (isMask)
        {
            Kernels.MaskForward<T>(input.View, n, counts.View, norm, output.View, thresholds.View);
        }
        else
        {
            Kernels.MagnitudeForward<T>(input.View, n, counts.View, norm, output.View, thresholds.View);
        }

        Accelerator.Synchronize();
        return (Widen(output.GetAsArray1D()), thresholds.GetAsArray1D());
    }

    /// <param name="place">0: memory of its own; 1: the point; 2: the direction.</param>
    private double[] Product<T>(double[] point, double[] roots, double[] g, int n, int[] k, PNorm norm, bool isMask, bool isJvp, int place)
        where T : unmanaged
    {
        using var at = Accelerator.Allocate1D(Cast<T>(point));
        using var direction = Accelerator.Allocate1D(Cast<T>(g));
        using var own = Accelerator.Allocate1D<T>(point.Length);
        using var counts = Accelerator.Allocate1D(k);
        using var thresholds = Accelerator.Allocate1D(roots);
        var output = place == 1 ? at : place == 2 ? direction : own;
        switch (isMask, isJvp)
        {
            case (true, false):
                Kernels.MaskVjp<T>(at.View, direction.View, n, norm, output.View);
                break;
            case (true, true):
                Kernels.MaskJvp<T>(at.View, direction.View, n, norm, output.View);
                break;
            case (false, false):
                Kernels.MagnitudeVjp<T>(at.View, thresholds.View, direction.View, n, counts.View, norm, output.View);
                break;
            default:
                Kernels.MagnitudeJvp<T>(at.View, thresholds.View, direction.View, n, counts.View, norm, output.View);
                break;
        }

        Accelerator.Synchronize();
        return Widen(output.GetAsArray1D());
    }

    private static (double[] Y, double[] Roots) Core<T>(double[] x, int n, int[] k, PNorm norm, bool isMask)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var (y, roots) = (new T[x.Length], new double[k.Length]);
        if (isMask)
        {
            TopKMask.Forward<T>(Cast<T>(x), n, k, norm, y, roots);
        }
        else
        {
            TopKMagnitude.Forward<T>(Cast<T>(x), n, k, norm, y, roots);
        }

        return (Widen(y), roots);
    }

    private static double[] CoreProduct<T>(double[] point, double[] roots, double[] g, int n, int[] k, PNorm norm, bool isMask, bool isJvp)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var result = new T[point.Length];
        var (at, direction) = (Cast<T>(point), Cast<T>(g));
        switch (isMask, isJvp)
        {
            case (true, _):
                TopKMask.Vjp<T>(at, direction, n, norm, result);
                break;
            case (false, false):
                TopKMagnitude.Vjp<T>(at, roots, direction, n, k, norm, result);
                break;
            default:
                TopKMagnitude.Jvp<T>(at, roots, direction, n, k, norm, result);
                break;
        }

        return Widen(result);
    }

    private static T[] Cast<T>(double[] values)
        where T : unmanaged => typeof(T) == typeof(float) ? (T[])(object)Array.ConvertAll(values, v => (float)v)
        : typeof(T) == typeof(double) ? (T[])(object)values
        : typeof(T) == typeof(System.Half) ? (T[])(object)Array.ConvertAll(values, v => (System.Half)v)
        : typeof(T) == typeof(BFloat16) ? (T[])(object)Array.ConvertAll(values, v => (BFloat16)(float)v)
        : (T[])(object)Array.ConvertAll(values, v => (ILGPU.Half)(float)v);

    private static double[] Widen<T>(T[] values) => values switch
    {
        float[] single => Array.ConvertAll(single, v => (double)v),
        double[] wide => wide,
        System.Half[] half => Array.ConvertAll(half, v => (double)v),
        ILGPU.Half[] half => Array.ConvertAll(half, v => (double)(float)v),
        BFloat16[] brain => Array.ConvertAll(brain, v => (double)v),
        _ => throw new NotSupportedException(),
    };
}

public sealed class RowsOnOpenCl() : RowsContract<OpenClDevices>(Spread.Own);

public sealed class RowsByThreadPartsOnOpenCl() : RowsContract<OpenClDevices>(Spread.ThreadParts);

public sealed class RowsByGroupsOnOpenCl() : RowsContract<OpenClGroupDevices>(Spread.Groups);

public sealed class RowsByPartsOnOpenCl() : RowsContract<OpenClGroupDevices>(Spread.Parts);

public sealed class RowsOnCuda() : RowsContract<CudaDevices>(Spread.Own, isSlow: StandInDevices.Missing is null);

public sealed class RowsByWarpsOnCuda() : RowsContract<CudaDevices>(Spread.Warps, isSlow: StandInDevices.Missing is null);

public sealed class RowsByGroupsOnCuda() : RowsContract<CudaDevices>(Spread.Groups, isSlow: StandInDevices.Missing is null);

public sealed class RowsByPartsOnCuda() : RowsContract<CudaDevices>(Spread.Parts, isSlow: StandInDevices.Missing is null);

public sealed class RowsByThreadsOnCpu() : RowsContract<CpuDevices>(Spread.Threads);

public sealed class RowsByGroupsOnCpu() : RowsContract<CpuDevices>(Spread.Groups, isSlow: true);

public sealed class RowsByWarpsOnCpu() : RowsContract<CpuDevices>(Spread.Warps, isSlow: true);

public sealed class RowsHeldOnCpu() : RowsContract<CpuDevices>(Spread.Held, isSlow: true);

public sealed class RowsByPartsOnCpu() : RowsContract<CpuDevices>(Spread.Parts, isSlow: true);
