using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Internals;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Queues the forward pass of long rows by a solver that sorts: so many rows at once that their keys stay within bounds.</summary>
internal sealed class LongSortLauncher<T, TElement, TOperator, TPower, TSolver>(
    SortedForwardLauncher<T, TElement, TOperator> call, TSolver solver)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
    where TPower : unmanaged, IScalarPower
    where TSolver : unmanaged, ISortedSolver
{
    private readonly KernelCache _kernels = call.Engine.Kernels;
    private readonly LaunchPlan _plan = call.Engine.Plan;

    public void Run()
    {
        switch (_plan.TeamFor(call.N).Kind)
        {
            case TeamKind.Thread:
                Run<ThreadTeam>(areThreads: true);
                break;
            case TeamKind.Group:
                Run<GroupTeam>(areThreads: false);
                break;
            default:
                Run<WarpTeam>(areThreads: false);
                break;
        }
    }

    private void Run<TTeam>(bool areThreads)
        where TTeam : struct, ITeam
    {
        var n = call.N;
        var all = (int)(call.X.Length / n);
        var most = (int)Math.Min(all, Math.Max(1, TeamMemory.Bytes / sizeof(double) / n));
        var rest = TeamMemory.For(_plan, most, n, TSolver.NumbersFor(n) - n, sizeof(double), areThreads);
        var launches = (
            Load: _kernels.Get<LongSortLaunch.Load<T>>(LongSortKernels.Load<T, TElement, TOperator>),
            Step: _kernels.Get<LongSortLaunch.Step>(LongSortKernels.Step),
            Solve: _kernels.Get<LongSortLaunch.Solve<TPower, TSolver>>(LongSortKernels.Solve<TOperator, TPower, TTeam, TSolver>),
            Write: _kernels.Get<LongSortLaunch.Write<T, TPower>>(LongSortKernels.Write<T, TElement, TOperator, TPower, TTeam>));
        var lease = call.Engine.Scratch.Take(
            call.Stream, Scratch.Lease.BytesFor<double>((long)most * n) + Scratch.Lease.BytesFor<double>(rest.Length) + Scratch.Lease.BytesFor<Root>(most));
        var (keys, scratch, roots) = (lease.Take<double>((long)most * n), lease.Take<double>(rest.Length), lease.Take<Root>(most));
        for (var first = 0; first < all; first += most)
        {
            var rows = Math.Min(most, all - first);
            var x = call.X.SubView((long)first * n, (long)rows * n);
            var ownKeys = keys.SubView(0, x.Length);
            launches.Load(call.Stream, _plan.Rows(x.Length, 1), x, TOperator.Magnitude ? 0.0 : double.NegativeInfinity, ownKeys);
            for (var size = 2L; size < 2L * n; size *= 2)
            {
                for (var stride = (int)(size / 2); stride > 0; stride /= 2)
                {
                    launches.Step(call.Stream, _plan.Rows((long)rows * TeamSort.Pairs(n, size), 1), ownKeys, n, size, stride);
                }
            }

            var ownRoots = roots.SubView(0, rows);
            launches.Solve(
                call.Stream, rest.Config, ownKeys, n, Own(call.Counts, first, rows), call.K, call.Norm, default, solver, scratch, rest.Stride,
                ownRoots, Own(call.Reports.Thresholds, first, rows), Own(call.Reports.Residuals, first, rows),
                Own(call.Reports.HalfSweeps, first, rows));
            var parts = _plan.Parts(rows, n);
            launches.Write(
                call.Stream, _plan.Rows((long)rows * parts, n), x, n, parts, default, ownRoots, call.Destination.SubView((long)first * n, x.Length));
        }
    }

    /// <summary>The numbers of some rows, where there are any.</summary>
    private static ArrayView<TRow> Own<TRow>(ArrayView<TRow> ofAll, int first, int rows)
        where TRow : unmanaged => ofAll.Length > 0 ? ofAll.SubView(first, rows) : ofAll;
}

/// <summary>What launches the kernels: a kernel has one launcher, whatever else a call is for.</summary>
internal static class LongSortLaunch
{
    public delegate void Load<T>(AcceleratorStream stream, KernelConfig config, ArrayView<T> x, double leastKey, ArrayView<double> keys)
        where T : unmanaged;

    public delegate void Step(AcceleratorStream stream, KernelConfig config, ArrayView<double> keys, int n, long size, int stride);

    public delegate void Solve<TPower, TSolver>(
        AcceleratorStream stream, KernelConfig config, ArrayView<double> keys, int n, ArrayView<int> counts, int k, PNorm norm, TPower power,
        TSolver solver, ArrayView<double> scratch, int stride, ArrayView<Root> roots, ArrayView<double> thresholds,
        ArrayView<double> residuals, ArrayView<int> halfSweeps)
        where TPower : unmanaged
        where TSolver : unmanaged;

    public delegate void Write<T, TPower>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, int parts, TPower power, ArrayView<Root> roots,
        ArrayView<T> destination)
        where T : unmanaged
        where TPower : unmanaged;
}
