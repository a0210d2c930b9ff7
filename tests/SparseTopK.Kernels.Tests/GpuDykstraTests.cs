using System.Numerics;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Dykstra's algorithm on an accelerator against the core's: the same half-sweeps, the same residual.</summary>
public abstract class GpuDykstraTests<TDevices>(Spread spread, int longest)
    where TDevices : IDevices
{
    private static readonly IsotonicOrder[] Orders = [IsotonicOrder.Decreasing, IsotonicOrder.Increasing];
    private static readonly int[] AllLengths = [1, 2, 3, 31, 32, 33, 64, 65, 255, 256, 257, 1023, 1024, 1025, 2000];
    private static readonly double[] Strengths = [0.05, 1];
    private static readonly double[] Poison = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly DykstraOptions Few = new() { MaxHalfSweeps = 40, Tolerance = 1e-3, AcceptUnconverged = true };

    public static string? Missing => TDevices.Missing;

    private static Accelerator Accelerator => Shared<TDevices>.Accelerator;

    private GpuTopK Kernels => Shared<TDevices>.By(spread);

    private IEnumerable<int> Lengths => AllLengths.Where(n => n <= longest);

    [ContractFact]
    public void Projections_are_the_cores_half_sweep_by_half_sweep()
    {
        foreach (var (n, order) in Lengths.SelectMany(_ => Orders, (n, order) => (n, order)))
        {
            double[] x = [.. Inputs.Normal(n, n), .. Inputs.Monotone("tied", n, n), .. Inputs.Monotone("rising", n, n)];
            foreach (var w in new[] { [], Inputs.Positive(n, n), Inputs.Positive(3 * n, n) })
            {
                AssertProjection<double>(x, n, w, Few, order, 1e-12);
                AssertProjection<float>(x, n, w, Few, order, 1e-6);
            }
        }
    }

    [ContractFact]
    public void Short_rows_converge_as_the_cores()
    {
        foreach (var n in new[] { 2, 8, 20 })
        {
            var options = new DykstraOptions { Tolerance = 1e-9, MaxHalfSweeps = 100_000 };
            AssertProjection<double>(Inputs.Normal(3 * n, n), n, Inputs.Positive(n, n), options, IsotonicOrder.Decreasing, 1e-12);
            AssertProjection<Half>(Inputs.Normal(3 * n, n), n, [], options, IsotonicOrder.Increasing, 1e-2);
        }
    }

    [ContractFact]
    public void Rows_that_are_not_admitted_are_NaN_and_leave_the_others_alone()
    {
        foreach (var (n, poison) in Lengths.Where(n => n < 70).SelectMany(_ => Poison, (n, poison) => (n, poison)))
        {
            var x = Inputs.Normal(3 * n, n);
            x[n + (n / 2)] = poison;
            AssertProjection<float>(x, n, Inputs.Positive(n, n), Few, IsotonicOrder.Decreasing, 1e-6);
            var w = Inputs.Positive(3 * n, n);
            w[(2 * n) + (n / 3)] = poison;
            w[n / 4] = 0;
            var (v, residuals, _) = Project<float>(Inputs.Normal(3 * n, n), n, w, Few, IsotonicOrder.Decreasing);
            Assert.All(v.Where((_, i) => i / n != 1), value => Assert.Equal(double.NaN, value));
            Assert.All(v[n..(2 * n)], value => Assert.True(double.IsFinite(value)));
            Assert.Equal([double.NaN, double.NaN], [residuals[0], residuals[2]]);
        }
    }

    [ContractFact]
    public void Masks_and_magnitudes_are_the_cores()
    {
        foreach (var (n, lambda) in Lengths.SelectMany(_ => Strengths, (n, lambda) => (n, lambda)))
        {
            double[] x = [.. Inputs.Normal(n, n), .. Inputs.Monotone("tied", n, n), .. Inputs.Normal(2 * n, n + 1)];
            x[^1] = double.NegativeInfinity;
            x[(2 * n) + (n / 2)] = double.NaN;
            int[] k = [n / 4, n / 2, n / 3, n];
            AssertTopK<double>(x, n, k, PNorm.Quadratic(lambda), Few, 1e-12);
            AssertTopK<float>(x, n, k, PNorm.Quadratic(lambda), Few with { AcceptUnconverged = false }, 1e-6);
            AssertTopK<Half>(x, n, [0, 1, n, n / 2], PNorm.Quadratic(lambda), Few, 2e-3);
        }
    }

    [ContractFact]
    public void A_mask_is_near_the_exact_one_where_few_compete()
    {
        foreach (var n in Lengths.Where(n => n <= 300))
        {
            var (x, k, norm) = (Inputs.Normal(3 * n, n), (n + 1) / 3, PNorm.Quadratic(10.0 / n));
            var options = new DykstraOptions { Tolerance = 1e-9, MaxHalfSweeps = 200_000 };
            using var rows = new DeviceRows(Accelerator);
            var (y, tau) = (rows.Copy(new double[3 * n]), rows.Copy(new double[3]));
            Kernels.MaskForward(rows.Copy(x), n, k, norm, y, tau, options);
            var exact = new double[3 * n];
            TopKMask.Forward<double>(x, n, k, norm, exact);
            Assert.All(exact.Zip(rows.Read(y)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        }
    }

    [ContractFact]
    public void It_works_in_place_and_gives_the_same_bits_again()
    {
        foreach (var n in Lengths)
        {
            using var rows = new DeviceRows(Accelerator);
            var (x, y, again) = (rows.Copy<float>(Inputs.Normal(2 * n, n)), rows.Copy(new float[2 * n]), rows.Copy<float>(Inputs.Normal(2 * n, n)));
            Kernels.DykstraProject(x, n, default, y, options: Few);
            Kernels.DykstraProject(again, n, default, again, options: Few);
            Assert.Equal(rows.Read(y), rows.Read(again));
            Kernels.MaskForward(x, n, n / 2, PNorm.Quadratic(0.1), y, default, Few);
            Kernels.MaskForward(x, n, n / 2, PNorm.Quadratic(0.1), x, default, Few);
            Assert.Equal(rows.Read(y), rows.Read(x));
        }
    }

    private void AssertProjection<T>(double[] x, int n, double[] w, DykstraOptions options, IsotonicOrder order, double near)
        where T : unmanaged, INumberBase<T>
    {
        var (v, residuals, sweeps) = Project<T>(x, n, w, options, order);
        var (expected, results) = (new T[x.Length], new DykstraResult[x.Length / n]);
        Dykstra.Project<T>(TestKit.Conformance.Cast<T>(x), n, TestKit.Conformance.Cast<T>(w), expected, results, options, order);
        AssertNear(expected, v, near, $"{typeof(T).Name}, n = {n}, {order}, {w.Length} weights");
        AssertReports(results, residuals, sweeps);
    }

    private (double[] V, double[] Residuals, int[] Sweeps) Project<T>(double[] x, int n, double[] w, DykstraOptions options, IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        using var rows = new DeviceRows(Accelerator);
        var v = rows.Copy(new T[x.Length]);
        var (residuals, sweeps) = (rows.Copy(new double[x.Length / n]), rows.Copy(new int[x.Length / n]));
        Kernels.DykstraProject(rows.Copy<T>(x), n, rows.Copy<T>(w), v, residuals, sweeps, options, order);
        return (Array.ConvertAll(rows.Read(v), double.CreateTruncating), rows.Read(residuals), rows.Read(sweeps));
    }

    private void AssertTopK<T>(double[] x, int n, int[] k, PNorm norm, DykstraOptions options, double near)
        where T : unmanaged, INumberBase<T>
    {
        var (count, accepting) = (k.Length, options with { AcceptUnconverged = true });
        var (expected, thresholds, results) = (new T[x.Length], new double[count], new DykstraResult[count]);
        foreach (var isMask in new[] { true, false })
        {
            using var rows = new DeviceRows(Accelerator);
            var input = TestKit.Conformance.Cast<T>(x);
            var (source, target, counts) = (rows.Copy(input), rows.Copy(new T[x.Length]), rows.Copy(k));
            var (roots, residuals, sweeps) = (rows.Copy(new double[count]), rows.Copy(new double[count]), rows.Copy(new int[count]));
            if (isMask)
            {
                Kernels.MaskForward(source, n, counts, norm, target, roots, options, residuals, sweeps);
                TopKMask.Forward<T>(input, n, k, norm, expected, thresholds, accepting, results);
            }
            else
            {
                Kernels.MagnitudeForward(source, n, counts, norm, target, roots, options, residuals, sweeps);
                TopKMagnitude.Forward<T>(input, n, k, norm, expected, thresholds, accepting, results);
            }

            for (var row = 0; row < count && !options.AcceptUnconverged; row++)
            {
                if (!results[row].Converged)
                {
                    expected.AsSpan(row * n, n).Fill(T.CreateTruncating(double.NaN));
                    thresholds[row] = double.NaN;
                }
            }

            var name = $"{(isMask ? "mask" : "magnitude")}, {typeof(T).Name}, n = {n}, {norm}";
            AssertNear(expected, Array.ConvertAll(rows.Read(target), double.CreateTruncating), near, name);
            AssertNear(thresholds, rows.Read(roots), 1e-12, name);
            AssertReports(results, rows.Read(residuals), rows.Read(sweeps));
        }
    }

    private static void AssertReports(DykstraResult[] results, double[] residuals, int[] sweeps)
    {
        Assert.Equal(Array.ConvertAll(results, result => result.HalfSweeps), sweeps);
        Assert.All(results.Zip(residuals), pair => Assert.Equal(pair.First.Residual, pair.Second, 1e-12));
    }

    private static void AssertNear<T>(T[] expected, double[] actual, double tolerance, string name)
        where T : INumberBase<T>
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var want = double.CreateTruncating(expected[i]);
            Assert.True(
                want.Equals(actual[i]) || Math.Abs(want - actual[i]) <= tolerance * Math.Max(1, Math.Abs(want)),
                $"[{i}]: expected {want:R}, got {actual[i]:R}: {name}");
        }
    }
}

public sealed class DykstraOnOpenCl() : GpuDykstraTests<OpenClDevices>(Spread.Own, int.MaxValue);

public sealed class DykstraByGroupsOnOpenCl() : GpuDykstraTests<OpenClGroupDevices>(Spread.Groups, int.MaxValue);

public sealed class DykstraOnCuda() : GpuDykstraTests<CudaDevices>(Spread.Own, int.MaxValue);

public sealed class DykstraByThreadsOnCpu() : GpuDykstraTests<CpuDevices>(Spread.Threads, int.MaxValue);

public sealed class DykstraByThreadPartsOnOpenCl() : GpuDykstraTests<OpenClDevices>(Spread.ThreadParts, 300);

public sealed class DykstraByThreadPartsOnCpu() : GpuDykstraTests<CpuDevices>(Spread.ThreadParts, 300);

public sealed class DykstraByPartsOnCpu() : GpuDykstraTests<CpuDevices>(Spread.Parts, 33);

public sealed class DykstraOnCpu() : GpuDykstraTests<CpuDevices>(Spread.Own, 64);

public sealed class DykstraByGroupsOnCpu() : GpuDykstraTests<CpuDevices>(Spread.Groups, 33);
