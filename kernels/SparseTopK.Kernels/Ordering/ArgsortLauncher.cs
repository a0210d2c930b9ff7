using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Launching;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Queues the sort of rows.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Sign">1, or -1 for the order of -x.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record ArgsortLauncher<T, TElement>(Engine Engine, int N, int Sign, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    public void Run(ArrayView<T> x, ArrayView<double> keys, ArrayView<int> places)
    {
        var load = Engine.Kernels.Get<ArgsortLaunch.Load<T>>(ArgsortKernels.Load<T, TElement>);
        load(Stream, Engine.Plan.Rows(x.Length, 1), x, N, Sign, keys, places);
        if (N >= Engine.Plan.LongRow)
        {
            SortLong(keys, places);
            return;
        }

        var sort = Engine.Plan.TeamFor(N).Kind switch
        {
            TeamKind.Thread => Engine.Kernels.Get<ArgsortLaunch.Sort>(ArgsortKernels.Sort<ThreadTeam>),
            TeamKind.Group => Engine.Kernels.Get<ArgsortLaunch.Sort>(ArgsortKernels.Sort<GroupTeam>),
            _ => Engine.Kernels.Get<ArgsortLaunch.Sort>(ArgsortKernels.Sort<WarpTeam>),
        };
        sort(Stream, Engine.Plan.Rows(x.Length / N, N), keys, places, N);
    }

    private void SortLong(ArrayView<double> keys, ArrayView<int> places)
    {
        var step = Engine.Kernels.Get<ArgsortLaunch.Step>(ArgsortKernels.Step);
        for (var size = 2L; size < 2L * N; size *= 2)
        {
            var config = Engine.Plan.Rows(keys.Length / N * TeamSort.Pairs(N, size), 1);
            for (var stride = (int)(size / 2); stride > 0; stride /= 2)
            {
                step(Stream, config, keys, places, N, size, stride);
            }
        }
    }
}

/// <summary>What launches the kernels: a kernel has one launcher, whatever the elements of a call are.</summary>
internal static class ArgsortLaunch
{
    public delegate void Load<T>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, double sign, ArrayView<double> keys, ArrayView<int> places)
        where T : unmanaged;

    public delegate void Sort(AcceleratorStream stream, KernelConfig config, ArrayView<double> keys, ArrayView<int> places, int n);

    public delegate void Step(
        AcceleratorStream stream, KernelConfig config, ArrayView<double> keys, ArrayView<int> places, int n, long size, int stride);
}
