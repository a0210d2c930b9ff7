using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Internals;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Queues the forward pass by a solver that sorts. Arguments have been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="X">The rows.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Counts">k of each row, or none.</param>
/// <param name="K">k of all rows.</param>
/// <param name="Norm">The regularizer.</param>
/// <param name="Destination">As long as x.</param>
/// <param name="Reports">What is told of each row.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record SortedForwardLauncher<T, TElement, TOperator>(
    Engine Engine, ArrayView<T> X, int N, ArrayView<int> Counts, int K, PNorm Norm, ArrayView<T> Destination, RowReports Reports,
    AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
{
    private delegate void Launcher<TPower, TSolver>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, TPower power,
        TSolver solver, ArrayView<double> scratch, int stride, ArrayView<T> destination, ArrayView<double> thresholds,
        ArrayView<double> residuals, ArrayView<int> halfSweeps)
        where TPower : unmanaged
        where TSolver : unmanaged;

    /// <summary>p = 2 or 4/3.</summary>
    public void RunPav()
    {
        if (Norm.ResponseExponent == 1)
        {
            Run<FirstPower, PavSolver<QuadraticBlock>>(default);
        }
        else
        {
            Run<ThirdPower, PavSolver<QuarticBlock>>(default);
        }
    }

    /// <summary>p = 2.</summary>
    public void RunDykstra(DykstraOptions options) =>
        Run<FirstPower, DykstraSolver>(new(options.Tolerance, options.MaxHalfSweeps, options.AcceptUnconverged ? 1 : 0));

    private void Run<TPower, TSolver>(TSolver solver)
        where TPower : unmanaged, IScalarPower
        where TSolver : unmanaged, ISortedSolver
    {
        if (N >= Engine.Plan.LongRow)
        {
            new LongSortLauncher<T, TElement, TOperator, TPower, TSolver>(this, solver).Run();
            return;
        }

        switch (Engine.Plan.TeamFor(N).Kind)
        {
            case TeamKind.Thread:
                Run<TPower, TSolver, ThreadTeam, GlobalMemory>(solver, areThreads: true);
                break;
            case TeamKind.Group:
                RunGroups<TPower, TSolver, GroupTeam>(solver);
                break;
            default:
                RunGroups<TPower, TSolver, WarpTeam>(solver);
                break;
        }
    }

    private void RunGroups<TPower, TSolver, TTeam>(TSolver solver)
        where TPower : unmanaged, IScalarPower
        where TSolver : unmanaged, ISortedSolver
        where TTeam : struct, ITeam
    {
        switch (TSolver.NumbersFor(N))
        {
            case <= SmallSharedMemory.Length:
                Run<TPower, TSolver, TTeam, SmallSharedMemory>(solver, areThreads: false);
                break;
            case <= LargeSharedMemory.Length:
                Run<TPower, TSolver, TTeam, LargeSharedMemory>(solver, areThreads: false);
                break;
            default:
                Run<TPower, TSolver, TTeam, GlobalMemory>(solver, areThreads: false);
                break;
        }
    }

    private void Run<TPower, TSolver, TTeam, TMemory>(TSolver solver, bool areThreads)
        where TPower : unmanaged, IScalarPower
        where TSolver : unmanaged, ISortedSolver
        where TTeam : struct, ITeam
        where TMemory : struct, IRowMemory
    {
        var launch = Engine.Kernels.Get<Launcher<TPower, TSolver>>(
            SortedForwardKernel.Run<T, TElement, TOperator, TPower, TTeam, TMemory, TSolver>);
        var rows = X.Length / N;
        if (typeof(TMemory) != typeof(GlobalMemory))
        {
            Launch(Engine.Plan.Rows(rows, N), ArrayView<double>.Empty, 1);
            return;
        }

        var memory = TeamMemory.For(Engine.Plan, rows, N, TSolver.NumbersFor(N), sizeof(double), areThreads);
        var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<double>(memory.Length));
        Launch(memory.Config, lease.Take<double>(memory.Length), memory.Stride);

        void Launch(KernelConfig config, ArrayView<double> scratch, int stride) => launch(
            Stream, config, X, N, Counts, K, Norm, default, solver, scratch, stride, Destination, Reports.Thresholds, Reports.Residuals,
            Reports.HalfSweeps);
    }
}

/// <summary>What the forward pass tells of each row: one number for each, or none.</summary>
internal readonly record struct RowReports(ArrayView<double> Thresholds, ArrayView<double> Residuals, ArrayView<int> HalfSweeps);
