using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Ordering;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels;

/// <content>What the permutahedron, soft ranks and soft sorts share.</content>
public sealed partial class GpuTopK
{
    private void OrderingForward<T>(
        ArrayView<T> x, int n, ArrayView<T> weights, OrderingProblem problem, ArrayView<T> destination, ArrayView<int> permutation,
        ArrayView<int> blockEnds, AcceleratorStream? stream)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        CheckSortedLength(n);
        CheckWeights(weights, x, n, problem.Kind == OrderingKind.Choice ? IsotonicTerm.Linear : IsotonicTerm.None);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(permutation.Length, permutation.Length == 0 ? 0 : x.Length, nameof(permutation));
        Guard.Length(blockEnds.Length, blockEnds.Length == 0 ? 0 : x.Length, nameof(blockEnds));
        var queue = Guard.Stream(stream, Accelerator);
        if (rows == 0)
        {
            return;
        }

        Guard.View(x, Accelerator, nameof(x));
        Guard.View(destination, Accelerator, nameof(destination));
        Guard.Overlap(x, destination, nameof(destination));
        CheckRows(weights, destination, nameof(weights));
        CheckReport(permutation, x, destination, nameof(permutation));
        CheckReport(blockEnds, x, destination, nameof(blockEnds));
        Guard.NoOverlap(weights, permutation, nameof(permutation));
        Guard.NoOverlap(weights, blockEnds, nameof(blockEnds));
        Guard.NoOverlap(permutation, blockEnds, nameof(blockEnds));
        Dispatch<T>(new OrderingCall<T>(_engine, x, n, weights, problem, destination, permutation, blockEnds, queue));
    }

    private void OrderingProduct<T>(
        ArrayView<T> point, string pointName, ArrayView<int> permutation, ArrayView<int> blockEnds, ArrayView<T> direction,
        string directionName, int n, OrderingProblem problem, ArrayView<T> destination, bool isForward, AcceleratorStream? stream)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(point.Length, n, pointName);
        CheckSortedLength(n);
        Guard.Length(permutation.Length, point.Length, nameof(permutation));
        Guard.Length(blockEnds.Length, point.Length, nameof(blockEnds));
        Guard.Length(direction.Length, point.Length, directionName);
        Guard.Length(destination.Length, point.Length, nameof(destination));
        var queue = Guard.Stream(stream, Accelerator);
        if (rows == 0)
        {
            return;
        }

        Guard.View(point, Accelerator, pointName);
        Guard.View(direction, Accelerator, directionName);
        Guard.View(destination, Accelerator, nameof(destination));
        Guard.Overlap(point, destination, nameof(destination));
        Guard.Overlap(direction, destination, nameof(destination));
        CheckRows(permutation, destination, nameof(permutation));
        CheckRows(blockEnds, destination, nameof(blockEnds));
        Dispatch<T>(new OrderingProductCall<T>(
            _engine, point, permutation, blockEnds, direction, n, problem, destination, isForward, queue));
    }

    private readonly record struct OrderingCall<T>(
        Launching.Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, OrderingProblem Problem, ArrayView<T> Destination,
        ArrayView<int> Permutation, ArrayView<int> BlockEnds, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new OrderingLauncher<TStored, TElement>(
                Engine, X.Cast<TStored>(), N, Stored<T, TStored>(Weights), Problem, Destination.Cast<TStored>(), Permutation, BlockEnds, Queue)
                .Run();
    }

    private readonly record struct OrderingProductCall<T>(
        Launching.Engine Engine, ArrayView<T> Point, ArrayView<int> Permutation, ArrayView<int> BlockEnds, ArrayView<T> Direction, int N,
        OrderingProblem Problem, ArrayView<T> Destination, bool IsForward, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new OrderingProductLauncher<TStored, TElement>(
                Engine, Point.Cast<TStored>(), Permutation, BlockEnds, Direction.Cast<TStored>(), N, Problem, Destination.Cast<TStored>(), Queue)
                .Run(IsForward);
    }
}
