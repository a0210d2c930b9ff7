using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Cuda;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels;

/// <content>What the public methods share: the checks, and the way from an element type to its kernels.</content>
public sealed partial class GpuTopK
{
    /// <summary>A call whose element type has yet to be told.</summary>
    private interface IElementCall
    {
        void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored>;
    }

    private void Dispatch<T>(IElementCall call)
        where T : unmanaged
    {
        lock (_engine.Queueing)
        {
            using var scope = CudaScope.Enter(Accelerator);
            if (typeof(T) == typeof(float))
            {
                call.Invoke<float, SingleElement>();
            }
            else if (typeof(T) == typeof(double))
            {
                call.Invoke<double, DoubleElement>();
            }
            else if (typeof(T) == typeof(System.Half) || typeof(T) == typeof(ILGPU.Half))
            {
                call.Invoke<ushort, HalfElement>();
            }
            else if (typeof(T) == typeof(BFloat16))
            {
                call.Invoke<ushort, BFloat16Element>();
            }
            else
            {
                throw new NotSupportedException($"{typeof(T)} is not supported: take float, double, Half or BFloat16.");
            }
        }
    }

    private MemoryBuffer1D<T, Stride1D.Dense> Allocate<T>(long length, Action<ArrayView<T>> fill)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var scope = CudaScope.Enter(Accelerator);
        var buffer = Accelerator.Allocate1D<T>(length);
        try
        {
            fill(buffer.View);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private void Forward<T, TOperator>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, ArrayView<T> destination, ArrayView<double> thresholds,
        TopKSolver solver, AcceleratorStream? stream)
        where T : unmanaged
        where TOperator : struct, ITopKOperator
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Norm(norm);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(thresholds.Length, thresholds.Length == 0 ? 0 : rows, nameof(thresholds));
        CheckSolver(solver, norm, n);
        var queue = Guard.Stream(stream, Accelerator);
        if (rows > 0)
        {
            CheckMemory(x, counts, destination, thresholds);
            Dispatch<T>(solver == TopKSolver.Pav
                ? new SortedCall<T, TOperator>(_engine, x, n, counts, k, norm, destination, new(thresholds, default, default), null, queue)
                : new ForwardCall<T, TOperator>(_engine, x, n, counts, k, norm, destination, thresholds, queue));
        }
    }

    /// <summary>Checks the arguments of a product; false where there is nothing to do.</summary>
    private bool CheckProduct<T>(
        ArrayView<T> point, string pointName, ArrayView<T> direction, string directionName, int n, PNorm norm, ArrayView<T> destination,
        ArrayView<int> counts, AcceleratorStream? stream, out AcceleratorStream queue)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(point.Length, n, pointName);
        Guard.Norm(norm);
        Guard.Length(direction.Length, point.Length, directionName);
        Guard.Length(destination.Length, point.Length, nameof(destination));
        queue = Guard.Stream(stream, Accelerator);
        if (rows == 0)
        {
            return false;
        }

        Guard.View(point, Accelerator, pointName);
        Guard.View(direction, Accelerator, directionName);
        Guard.View(destination, Accelerator, nameof(destination));
        Guard.Overlap(point, destination, nameof(destination));
        Guard.Overlap(direction, destination, nameof(destination));
        CheckRows(counts, destination, "k");
        return true;
    }

    /// <summary>Checks the memory of a forward pass.</summary>
    private void CheckMemory<T>(ArrayView<T> x, ArrayView<int> k, ArrayView<T> destination, ArrayView<double> thresholds)
        where T : unmanaged
    {
        Guard.View(x, Accelerator, nameof(x));
        Guard.View(destination, Accelerator, nameof(destination));
        Guard.Overlap(x, destination, nameof(destination));
        CheckRows(k, destination, nameof(k));
        CheckReport(thresholds, x, destination, nameof(thresholds));
    }

    /// <summary>What is written beside the destination, where it is asked for: memory of this accelerator, apart from x too.</summary>
    private void CheckReport<TRow, T>(ArrayView<TRow> view, ArrayView<T> x, ArrayView<T> destination, string name)
        where TRow : unmanaged
        where T : unmanaged
    {
        CheckRows(view, destination, name);
        Guard.NoOverlap(view, x, name);
    }

    /// <summary>One number for each row, where they are given: memory of this accelerator, apart from the destination.</summary>
    private void CheckRows<TRow, T>(ArrayView<TRow> view, ArrayView<T> destination, string name)
        where TRow : unmanaged
        where T : unmanaged
    {
        if (view.Length > 0)
        {
            Guard.View(view, Accelerator, name);
            Guard.NoOverlap(view, destination, name);
        }
    }

    private readonly record struct ForwardCall<T, TOperator>(
        Launching.Engine Engine, ArrayView<T> X, int N, ArrayView<int> Counts, int K, PNorm Norm, ArrayView<T> Destination,
        ArrayView<double> Thresholds, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
        where TOperator : struct, ITopKOperator
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new ForwardLauncher<TStored, TElement, TOperator>(
                Engine, X.Cast<TStored>(), N, Counts, K, Norm, Destination.Cast<TStored>(), Thresholds, Queue).Run();
    }
}
