using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Internals;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Kernels.Launching;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels.Ordering;

/// <summary>Queues products with the Jacobians of the permutahedron, soft ranks and soft sorts. Arguments have been checked.</summary>
/// <param name="Engine">The accelerator.</param>
/// <param name="Point">y of the choice, x of the others.</param>
/// <param name="Permutation">The order of each row.</param>
/// <param name="BlockEnds">Its blocks.</param>
/// <param name="Direction">What the Jacobian is multiplied with.</param>
/// <param name="N">The entries of a row.</param>
/// <param name="Problem">The operator.</param>
/// <param name="Destination">As long as the point.</param>
/// <param name="Stream">Where it is queued.</param>
internal sealed record OrderingProductLauncher<T, TElement>(
    Engine Engine, ArrayView<T> Point, ArrayView<int> Permutation, ArrayView<int> BlockEnds, ArrayView<T> Direction, int N,
    OrderingProblem Problem, ArrayView<T> Destination, AcceleratorStream Stream)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    private delegate void ProjectionLauncher<TShare>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> point, ArrayView<int> permutation, ArrayView<int> blockEnds,
        ArrayView<T> direction, int n, TShare share, double scale, int isTransposed, ArrayView<T> destination)
        where TShare : unmanaged;

    private delegate void SortLauncher<TShare>(
        AcceleratorStream stream, KernelConfig config, ArrayView<T> x, ArrayView<int> permutation, ArrayView<int> blockEnds,
        ArrayView<T> direction, int n, TShare share, int isForward, ArrayView<double> scratch, int stride, ArrayView<T> destination)
        where TShare : unmanaged;

    public void Run(bool isForward)
    {
        switch (Problem.Kind, Problem.HasWeights)
        {
            case (OrderingKind.Sort, false):
                RunSort<EqualShare>(default, isForward);
                break;
            case (OrderingKind.Sort, true):
                RunSort(new ExponentialShare(Problem.Sign, Problem.ShareScale), isForward);
                break;
            case (OrderingKind.Choice, true):
                RunSlopes(Problem.Norm);
                break;
            case (_, false):
                RunProjection<EqualShare>(default, false);
                break;
            default:
                RunProjection(new ExponentialShare(Problem.Sign, Problem.ShareScale), !isForward);
                break;
        }
    }

    private void RunSlopes(PNorm norm)
    {
        switch (norm.ResponseExponent)
        {
            case 2:
                Run(default(SecondPower));
                break;
            case 3:
                Run(default(ThirdPower));
                break;
            case var a:
                Run(new RealPower(a));
                break;
        }

        void Run<TPower>(TPower power)
            where TPower : unmanaged, IScalarPower =>
            RunProjection(new SlopeShare<TPower>(Math.Min(norm.ResponseExponent / norm.Lambda, double.MaxValue), norm.P > 2 ? 1 : 0, power), false);
    }

    private void RunProjection<TShare>(TShare share, bool isTransposed)
        where TShare : unmanaged, IOrderShare
    {
        var launch = Engine.Kernels.Get<ProjectionLauncher<TShare>>(ProjectionProductKernel.Run<T, TElement, TShare>);
        launch(
            Stream, Engine.Plan.Rows(Point.Length / N, 1), Point, Permutation, BlockEnds, Direction, N, share, Problem.Sign * Problem.Scale,
            isTransposed ? 1 : 0, Destination);
    }

    private void RunSort<TShare>(TShare share, bool isForward)
        where TShare : unmanaged, IOrderShare
    {
        var launch = Engine.Kernels.Get<SortLauncher<TShare>>(SortProductKernel.Run<T, TElement, TShare>);
        var memory = TeamMemory.For(Engine.Plan, Point.Length / N, 1, N, sizeof(double), areThreads: true);
        var lease = Engine.Scratch.Take(Stream, Scratch.Lease.BytesFor<double>(memory.Length));
        launch(
            Stream, memory.Config, Point, Permutation, BlockEnds, Direction, N, share, isForward ? 1 : 0, lease.Take<double>(memory.Length),
            memory.Stride, Destination);
    }
}
