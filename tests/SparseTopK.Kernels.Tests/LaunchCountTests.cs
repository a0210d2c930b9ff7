using ILGPU;
using ILGPU.Runtime;
using SparseTopK.FakeCuda;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests;

/// <summary>How many kernels an operation launches and how often it reads its rows: what takes time on a GPU, counted without one.</summary>
public sealed class LaunchCountTests : IDisposable
{
    private readonly List<KernelLaunch> _launches = [];

    public LaunchCountTests() => StandIn.Launched += _launches.Add;

    public void Dispose() => StandIn.Launched -= _launches.Add;

    /// <summary>Reads count the passes over x; writes, what is kept between passes (in the destination) and the output.</summary>
    [Driver.StandInTheory]
    [InlineData(1, 8, 1, 1, 1)]
    [InlineData(4096, 8, 1, 1, 1)]
    [InlineData(4096, 64, 1, 1, 1)]
    [InlineData(64, 1000, 1, 1, 1)]
    [InlineData(64, 2048, 1, 1, 1)]
    [InlineData(300, 4096, 1, 3, 1)]
    [InlineData(4, 20_000, 11, 2.1, 2.1)]
    [InlineData(1, 70_000, 11, 2.1, 1.9)]
    public void A_forward_pass_has_so_many_launches_reads_and_writes(int rows, int n, int launches, double reads, double writes)
    {
        var y = Count(rows, n, launches, reads, writes, (kernels, x, y) => kernels.MaskForward(x, n, n / 10, PNorm.Quadratic(0.5), y));
        var core = new float[rows * n];
        TopKMask.Forward<float>(Rows(rows, n), n, n / 10, PNorm.Quadratic(0.5), core);
        Assert.InRange(core.Zip(y, (expected, actual) => Math.Abs(expected - actual)).Max(), 0, 1e-6f);
    }

    /// <summary>The output and the direction are the same memory here: a pass reads it twice.</summary>
    [Driver.StandInTheory]
    [InlineData(4096, 8, 1, 4, 1)]
    [InlineData(64, 1000, 1, 4, 1)]
    [InlineData(1, 70_000, 2, 4, 1)]
    public void A_product_with_the_Jacobian_has_so_many_launches_reads_and_writes(int rows, int n, int launches, double reads, double writes) =>
        Count(rows, n, launches, reads, writes, (kernels, x, y) => kernels.MaskVjp(x, x, n, PNorm.Quadratic(0.5), y));

    private static float[] Rows(int rows, int n) => Conformance.Cast<float>(Inputs.Normal(rows * n, 1));

    private float[] Count(
        int rows, int n, int launches, double reads, double writes, Action<GpuTopK, ArrayView<float>, ArrayView<float>> operation)
    {
        var (accelerator, kernels) = (Shared<CudaDevices>.Accelerator, Shared<CudaDevices>.By(Spread.Own));
        using var x = accelerator.Allocate1D(Rows(rows, n));
        using var y = accelerator.Allocate1D<float>(rows * n);
        _launches.Clear();
        operation(kernels, x.View, y.View);
        accelerator.Synchronize();
        var all = 4.0 * rows * n;
        var (read, written) = (StandIn.TrafficOf(x.NativePtr).Read / all, StandIn.TrafficOf(y.NativePtr).Written / all);
        Assert.True(
            _launches.Count <= launches && read <= reads && written <= writes,
            $"{_launches.Count} launches, {read:0.###} reads and {written:0.###} writes, not at most {launches}, {reads} and {writes}");
        Assert.InRange(_launches.Sum(launch => launch.BytesRead), read * all, 100 * read * all);
        return y.GetAsArray1D();
    }
}
