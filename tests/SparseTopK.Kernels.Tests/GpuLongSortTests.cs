using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>Rows that a whole device sorts.</summary>
public abstract class GpuLongSortTests<TDevices>
    where TDevices : IDevices
{
    private const int N = 70_001;

    public static string? Missing => TDevices.Missing;

    private static GpuTopK Kernels => Shared<TDevices>.By(Spread.Own);

    [ContractFact]
    public void Masks_and_magnitudes_by_pooling_are_the_cores()
    {
        double[] x = [.. Inputs.Normal(N, 1), .. Inputs.Monotone("tied", N, 2), .. Inputs.Normal(N, 3)];
        x[N - 1] = double.NaN;
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        foreach (var norm in new[] { PNorm.Quadratic(0.1), PNorm.Smooth(0.1) })
        {
            var (source, y, roots) = (rows.Copy(x), rows.Copy(new double[3 * N]), rows.Copy(new double[3]));
            var (expected, thresholds) = (new double[3 * N], new double[3]);
            Kernels.MaskForward(source, N, N / 100, norm, y, roots, TopKSolver.Pav);
            TopKMask.Forward<double>(x, N, N / 100, norm, expected);
            Assert.All(expected.Zip(rows.Read(y)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
            Kernels.MagnitudeForward(source, N, N / 100, norm, y, roots, TopKSolver.Pav);
            TopKMagnitude.Forward<double>(x, N, N / 100, norm, expected, thresholds);
            Assert.All(expected.Zip(rows.Read(y)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
            Assert.All(thresholds.Zip(rows.Read(roots)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        }
    }

    [ContractFact]
    public void Masks_by_Dykstra_are_the_cores()
    {
        var (x, options) = (Inputs.Normal(2 * N, 1), new DykstraOptions { Tolerance = 1e-3, MaxHalfSweeps = 50, AcceptUnconverged = true });
        using var rows = new DeviceRows(Shared<TDevices>.Accelerator);
        var (y, sweeps, expected, results) = (rows.Copy(new double[2 * N]), rows.Copy(new int[2]), new double[2 * N], new DykstraResult[2]);
        Kernels.MaskForward(rows.Copy(x), N, N / 100, PNorm.Quadratic(0.05), y, default, options, default, sweeps);
        TopKMask.Forward<double>(x, N, [N / 100], PNorm.Quadratic(0.05), expected, [], options, results);
        Assert.Equal(Array.ConvertAll(results, result => result.HalfSweeps), rows.Read(sweeps));
        Assert.All(expected.Zip(rows.Read(y)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}

public sealed class LongSortOnOpenCl : GpuLongSortTests<OpenClDevices>;

public sealed class LongSortOnCuda : GpuLongSortTests<CudaDevices>;
