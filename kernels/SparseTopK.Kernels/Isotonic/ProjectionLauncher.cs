using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Queues the projection by Dykstra's algorithm. Arguments have been checked.</summary>
internal sealed record ProjectionLauncher<T, TElement>(
    Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, IsotonicOrder Order, DykstraOptions Options, ArrayView<T> Destination,
    ArrayView<double> Residuals, ArrayView<int> HalfSweeps, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private delegate void Launcher(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<T> weights, int weightStep, IsotonicOrder order,
        double tolerance, int most, ArrayView<double> scratch, int stride, ArrayView<T> destination, ArrayView<double> residuals,
        ArrayView<int> halfSweeps);

    public void Run()
    {
        switch (Engine.Plan.TeamFor(N).Kind)
        {
            case TeamKind.Thread:
                Run<ThreadTeam, GlobalMemory>(areThreads: true);
                break;
            case TeamKind.Group:
                RunGroups<GroupTeam>();
                break;
            default:
                RunGroups<WarpTeam>();
                break;
        }
    }

    private int Numbers => ProjectionKernel.NumbersFor(N, Weights.Length > 0);

    private void RunGroups<TTeam>()
        where TTeam : struct, ITeam
    {
        switch (Numbers)
        {
            case <= SmallSharedMemory.Length:
                Run<TTeam, SmallSharedMemory>(areThreads: false);
                break;
            case <= LargeSharedMemory.Length:
                Run<TTeam, LargeSharedMemory>(areThreads: false);
                break;
            default:
                Run<TTeam, GlobalMemory>(areThreads: false);
                break;
        }
    }

    private void Run<TTeam, TMemory>(bool areThreads)
        where TTeam : struct, ITeam
        where TMemory : struct, IRowMemory
    {
        var launch = Engine.Kernels.Get<Launcher>(ProjectionKernel.Run<T, TElement, TTeam, TMemory>);
        var rows = X.Length / N;
        if (typeof(TMemory) != typeof(GlobalMemory))
        {
            Launch(Engine.Plan.Rows(rows, N), ArrayView<double>.Empty, 1);
            return;
        }

        var memory = TeamMemory.For(Engine.Plan, rows, N, Numbers, sizeof(double), areThreads);
        var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<double>(memory.Length));
        Launch(memory.Config, lease.Take<double>(memory.Length), memory.Stride);

        void Launch(KernelConfig config, ArrayView<double> scratch, int stride) => launch(
            Stream, config, X, N, Weights, Weights.Length == X.Length ? N : 0, Order, Options.Tolerance, Options.MaxHalfSweeps, scratch, stride,
            Destination, Residuals, HalfSweeps);
    }
}
