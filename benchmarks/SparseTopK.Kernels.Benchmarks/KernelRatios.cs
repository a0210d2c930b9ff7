using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Benchmarks;

namespace SparseTopK.Kernels.Benchmarks;

/// <summary>Each kernel beside a device copy of the same memory, and the core on the CPU beside both.</summary>
internal static class KernelRatios
{
    /// <summary>Few shapes of many, and the sizes of weight matrices.</summary>
    private static readonly (int Rows, int N, int K)[] Cases =
    [
        (4096, 8, 2), (4096, 64, 2), (1024, 1024, 32), (64, 32_768, 64), (1, 1_000_000, 10_000), (1, 10_000_000, 1_000_000),
        (1_250_000, 8, 2), (156_250, 64, 2), (10_000, 1024, 32),
    ];

    private static readonly PNorm Quadratic = PNorm.Quadratic(0.1);
    private static readonly PNorm Smooth = PNorm.Smooth(0.1);

    public static void Run(Settings settings)
    {
        using var kernels = GpuTopK.CreateBest(settings.Output.WriteLine);
        Column<KernelCase>[] forward =
        [
            new("copy", static work => work.Copy()),
            new("mask", static work => work.Mask(Quadratic)),
            new("mask p=4/3", static work => work.Mask(Smooth)),
            new("mag", static work => work.Magnitude(Quadratic)),
            new("mag p=4/3", static work => work.Magnitude(Smooth)),
            new("core mask", static work => work.CoreMask()),
        ];
        Column<KernelCase>[] products =
        [
            new("copy", static work => work.Copy()),
            new("mask VJP", static work => work.MaskVjp(Quadratic)),
            new("mask VJP p=4/3", static work => work.MaskVjp(Smooth)),
            new("mag VJP", static work => work.MagnitudeVjp(Quadratic)),
            new("core mask VJP", static work => work.CoreMaskVjp()),
        ];
        const string head = "float32, standard normal, lambda = 0.1. Milliseconds, GB/s as if it were a copy (x read, a result written), ratio to the copy.";
        Compare(new Table<KernelCase>($"Forward. {head}", "rows x n, k", forward, settings), kernels);
        Compare(new Table<KernelCase>($"Derivatives. {head}", "rows x n, k", products, settings), kernels);
    }

    private static void Compare(Table<KernelCase> table, GpuTopK kernels)
    {
        foreach (var (rows, n, k) in Cases)
        {
            table.Throughput($"{rows} x {n}, k={k}", 2L * rows * n * sizeof(float), () => new KernelCase(kernels, rows, n, k));
        }
    }
}

/// <summary>The memory of one case. Each method returns when the device has finished.</summary>
internal sealed class KernelCase : IDisposable
{
    private readonly GpuTopK _kernels;
    private readonly int _n;
    private readonly int _k;
    private readonly float[] _entries;
    private readonly float[] _mask;
    private readonly float[] _result;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _x;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _y;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _output;
    private readonly MemoryBuffer1D<double, Stride1D.Dense> _thresholds;

    public KernelCase(GpuTopK kernels, int rows, int n, int k)
    {
        (_kernels, _n, _k) = (kernels, n, k);
        _entries = Inputs.Normal(rows * n, 1);
        (_mask, _result) = (TopKMask.Forward<float>(_entries, n, k, PNorm.Quadratic(0.1)), new float[rows * n]);
        var accelerator = kernels.Accelerator;
        (_x, _y, _output) = (accelerator.Allocate1D(_entries), accelerator.Allocate1D(_mask), accelerator.Allocate1D<float>(_entries.Length));
        _thresholds = accelerator.Allocate1D<double>(rows);
        Magnitude(PNorm.Quadratic(0.1));
    }

    public void Copy()
    {
        _output.CopyFrom(_x);
        _kernels.Accelerator.Synchronize();
    }

    public void Mask(PNorm norm)
    {
        _kernels.MaskForward<float>(_x.View, _n, _k, norm, _output.View);
        _kernels.Accelerator.Synchronize();
    }

    public void Magnitude(PNorm norm)
    {
        _kernels.MagnitudeForward<float>(_x.View, _n, _k, norm, _output.View, _thresholds.View);
        _kernels.Accelerator.Synchronize();
    }

    public void MaskVjp(PNorm norm)
    {
        _kernels.MaskVjp<float>(_y.View, _x.View, _n, norm, _output.View);
        _kernels.Accelerator.Synchronize();
    }

    public void MagnitudeVjp(PNorm norm)
    {
        _kernels.MagnitudeVjp<float>(_x.View, _thresholds.View, _x.View, _n, _k, norm, _output.View);
        _kernels.Accelerator.Synchronize();
    }

    public void CoreMask() => TopKMask.Forward<float>(_entries, _n, _k, PNorm.Quadratic(0.1), _result);

    public void CoreMaskVjp() => TopKMask.Vjp<float>(_mask, _entries, _n, PNorm.Quadratic(0.1), _result);

    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _output.Dispose();
        _thresholds.Dispose();
    }
}
