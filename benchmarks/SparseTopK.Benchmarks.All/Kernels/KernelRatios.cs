using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels;

namespace SparseTopK.Benchmarks.All.Kernels;

/// <summary>Each kernel beside a device copy of the same memory, and the core on the CPU beside both.</summary>
internal static class KernelRatios
{
    /// <summary>Few shapes of many, and the sizes of weight matrices.</summary>
    private static readonly (int Rows, int N, int K)[] Cases =
    [
        (4096, 8, 2), (4096, 64, 2), (1024, 1024, 32), (64, 32_768, 64), (1, 1_000_000, 10_000), (1, 10_000_000, 1_000_000),
        (1_250_000, 8, 2), (156_250, 64, 2), (10_000, 1024, 32),
    ];

    /// <summary>Dykstra's algorithm and pooling are for rows that are not long.</summary>
    private static readonly (int Rows, int N, int K)[] SolverCases = [(4096, 8, 2), (4096, 64, 2), (1024, 256, 8), (256, 1024, 32)];

    private static readonly PNorm Quadratic = PNorm.Quadratic(0.1);
    private static readonly PNorm Smooth = PNorm.Smooth(0.1);

    public static void Run(Settings settings, int threads)
    {
        TopKParallelism.MaxDegreeOfParallelism = threads;
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
        Compare(new Table<KernelCase>($"Forward. {head}", "rows x n, k", forward, settings), kernels, Cases);
        Column<KernelCase>[] solvers =
        [
            new("copy", static work => work.Copy()),
            new("mask Threshold", static work => work.Mask(Quadratic)),
            new("mask Pav", static work => work.Mask(Quadratic, TopKSolver.Pav)),
            new("mask Dykstra", static work => work.MaskDykstra()),
            new("isotonic", static work => work.Isotonic()),
            new("isotonic VJP", static work => work.IsotonicVjp()),
            new("Dykstra project", static work => work.Project()),
        ];
        Compare(new Table<KernelCase>($"Derivatives. {head}", "rows x n, k", products, settings), kernels, Cases);
        Compare(new Table<KernelCase>($"Solvers; isotonic regression and Dykstra's projection of noise. {head}", "rows x n, k", solvers, settings), kernels, SolverCases);
    }

    private static void Compare(Table<KernelCase> table, GpuTopK kernels, (int Rows, int N, int K)[] cases)
    {
        foreach (var (rows, n, k) in cases)
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
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _blockEnds;

    /// <summary>Whatever comes of it, so that every row costs the half-sweeps it takes.</summary>
    private static readonly DykstraOptions Sweeps = new() { MaxHalfSweeps = 1000, AcceptUnconverged = true };

    public KernelCase(GpuTopK kernels, int rows, int n, int k)
    {
        (_kernels, _n, _k) = (kernels, n, k);
        _entries = Inputs.Normal(rows * n, 1);
        (_mask, _result) = (TopKMask.Forward<float>(_entries, n, k, PNorm.Quadratic(0.1)), new float[rows * n]);
        var accelerator = kernels.Accelerator;
        (_x, _y, _output) = (accelerator.Allocate1D(_entries), accelerator.Allocate1D(_mask), accelerator.Allocate1D<float>(_entries.Length));
        (_thresholds, _blockEnds) = (accelerator.Allocate1D<double>(rows), accelerator.Allocate1D<int>(_entries.Length));
        Magnitude(PNorm.Quadratic(0.1));
        Isotonic();
    }

    public void Copy()
    {
        _output.CopyFrom(_x);
        _kernels.Accelerator.Synchronize();
    }

    public void Mask(PNorm norm, TopKSolver solver = TopKSolver.Threshold)
    {
        _kernels.MaskForward<float>(_x.View, _n, _k, norm, _output.View, solver: solver);
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

    public void MaskDykstra()
    {
        _kernels.MaskForward<float>(_x.View, _n, _k, PNorm.Quadratic(0.1), _output.View, default, Sweeps);
        _kernels.Accelerator.Synchronize();
    }

    public void Isotonic()
    {
        _kernels.IsotonicForward<float>(_x.View, _n, default, IsotonicObjective.LeastSquares, _output.View, _blockEnds.View);
        _kernels.Accelerator.Synchronize();
    }

    public void IsotonicVjp()
    {
        _kernels.IsotonicVjp<float>(_x.View, _x.View, _blockEnds.View, _y.View, _n, default, IsotonicObjective.LeastSquares, _output.View);
        _kernels.Accelerator.Synchronize();
    }

    public void Project()
    {
        _kernels.DykstraProject<float>(_x.View, _n, default, _output.View, options: Sweeps);
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
        _blockEnds.Dispose();
    }
}
