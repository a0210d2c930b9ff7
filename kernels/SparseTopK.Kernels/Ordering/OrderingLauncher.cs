using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Internals;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Launching;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Queues the permutahedron, soft ranks and soft sorts: so many rows at once that what they need stays within bounds. Arguments have
/// been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="X">The rows.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Weights">n of them, or as many as x, or none.</param>
/// <param name="Problem">The operator.</param>
/// <param name="Destination">As long as x.</param>
/// <param name="Permutation">As long as x, or none.</param>
/// <param name="BlockEnds">As long as x, or none.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record OrderingLauncher<T, TElement>(
    Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, OrderingProblem Problem, ArrayView<T> Destination, ArrayView<int> Permutation,
    ArrayView<int> BlockEnds, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private delegate void Launcher<TProjection, TCell>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, int n, ArrayView<double> keys, ArrayView<int> places,
        ArrayView<T> weights, int weightStep, double sign, int isSort, TProjection projection, ArrayView<TCell> cells, int stride,
        ArrayView<T> destination, ArrayView<int> blockEnds)
        where TProjection : unmanaged
        where TCell : unmanaged;

    public void Run()
    {
        switch (Problem.Kind, Problem.IsEntropic)
        {
            case (OrderingKind.Choice, _):
                RunChoice(Problem.Norm);
                break;
            case (OrderingKind.Rank, false):
                Run<RankRow<T>, AggregateProjection<Mean>, AggregateBlock>(new(Problem.Scale));
                break;
            case (OrderingKind.Rank, true):
                Run<RankRow<T>, AggregateProjection<LogSumExp<PortableExponentials>>, AggregateBlock>(new(Problem.Scale));
                break;
            case (_, false):
                Run<SortRow<T>, AggregateProjection<Mean>, AggregateBlock>(new(Problem.Scale));
                break;
            default:
                Run<SortRow<T>, AggregateProjection<LogSumExp<PortableExponentials>>, AggregateBlock>(new(Problem.Scale));
                break;
        }
    }

    private void RunChoice(PNorm norm)
    {
        switch (norm.ResponseExponent)
        {
            case 1:
                Run<ChoiceRow<T, TElement>, AggregateProjection<Mean>, AggregateBlock>(new(Problem.Scale));
                break;
            case 2:
                RunPower(norm, default(SecondPower));
                break;
            case 3:
                RunPower(norm, default(ThirdPower));
                break;
            case var a:
                RunPower(norm, new RealPower(a));
                break;
        }
    }

    private void RunPower<TPower>(PNorm norm, TPower power)
        where TPower : unmanaged, IScalarPower =>
        Run<ChoiceRow<T, TElement>, PNormProjection<TPower>, HalvesCell>(new(norm.Lambda, norm.ResponseExponent, power));

    private void Run<TRow, TProjection, TCell>(TProjection projection)
        where TRow : struct, IOrderedRow<T, TRow>
        where TProjection : unmanaged, IOrderedProjection<TCell>
        where TCell : unmanaged
    {
        var all = (int)(X.Length / N);
        var most = (int)Math.Min(all, Math.Max(1, TeamMemory.Bytes / (sizeof(double) + sizeof(int)) / N));
        var memory = TeamMemory.For(Engine.Plan, most, 1, N, Interop.SizeOf<TCell>(), areThreads: true);
        var launch = Engine.Kernels.Get<Launcher<TProjection, TCell>>(OrderingKernel.Run<T, TElement, TRow, TProjection, TCell>);
        var sort = new ArgsortLauncher<T, TElement>(Engine, N, Problem.Sign, Stream);
        var ownPlaces = Permutation.Length > 0 ? 0 : (long)most * N;
        var lease = Engine.Scratch.Take(
            Stream,
            Scratch.Lease.BytesFor<double>((long)most * N) + Scratch.Lease.BytesFor<int>(ownPlaces) + Scratch.Lease.BytesFor<TCell>(memory.Length));
        var (keys, places, cells) = (lease.Take<double>((long)most * N), lease.Take<int>(ownPlaces), lease.Take<TCell>(memory.Length));
        for (var first = 0; first < all; first += most)
        {
            var (start, length) = ((long)first * N, (long)Math.Min(most, all - first) * N);
            var (x, order) = (X.SubView(start, length), ownPlaces > 0 ? places.SubView(0, length) : Permutation.SubView(start, length));
            sort.Run(x, keys.SubView(0, length), order);
            var isOwn = Weights.Length == X.Length;
            launch(
                Stream, memory.Config, x, N, keys.SubView(0, length), order, isOwn ? Weights.SubView(start, length) : Weights, isOwn ? N : 0,
                Problem.Sign, Problem.Kind == OrderingKind.Sort ? 1 : 0, projection, cells, memory.Stride, Destination.SubView(start, length),
                BlockEnds.Length > 0 ? BlockEnds.SubView(start, length) : BlockEnds);
        }
    }
}
