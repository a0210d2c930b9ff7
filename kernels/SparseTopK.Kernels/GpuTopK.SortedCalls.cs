using ILGPU;
using ILGPU.Runtime;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels;

/// <content>What the methods of the isotonic family share.</content>
public sealed partial class GpuTopK
{
    private void DykstraForward<T, TOperator>(
        ArrayView<T> x, int n, ArrayView<int> counts, int k, PNorm norm, ArrayView<T> destination, RowReports reports,
        DykstraOptions options, AcceleratorStream? stream)
        where T : unmanaged
        where TOperator : struct, ITopKOperator
    {
        ArgumentNullException.ThrowIfNull(options);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rows = Guard.Rows(x.Length, n, nameof(x));
        Guard.Norm(norm);
        Internals.Guard.Dykstra(norm, nameof(norm));
        CheckSortedLength(n);
        Guard.Length(destination.Length, x.Length, nameof(destination));
        Guard.Length(reports.Thresholds.Length, reports.Thresholds.Length == 0 ? 0 : rows, "thresholds");
        CheckReports(reports.Residuals, reports.HalfSweeps, rows);
        var queue = Guard.Stream(stream, Accelerator);
        if (rows > 0)
        {
            CheckMemory(x, counts, destination, reports.Thresholds);
            CheckReport(reports.Residuals, x, destination, "residuals");
            CheckReport(reports.HalfSweeps, x, destination, "halfSweeps");
            Guard.NoOverlap(reports.Thresholds, reports.Residuals, "residuals");
            Guard.NoOverlap(counts, reports.HalfSweeps, "halfSweeps");
            Dispatch<T>(new SortedCall<T, TOperator>(_engine, x, n, counts, k, norm, destination, reports, options, queue));
        }
    }

    /// <summary>Whether the plain forward pass has a solver, for that p.</summary>
    private static void CheckSolver(TopKSolver solver, PNorm norm, int n)
    {
        switch (solver)
        {
            case TopKSolver.Threshold:
                break;
            case TopKSolver.Pav when norm.ResponseExponent is 1 or 3:
                CheckSortedLength(n);
                break;
            case TopKSolver.Pav:
                throw new ArgumentException($"On an accelerator Pav is for p = 2 and p = 4/3, and p is {norm.P}: take Threshold.", nameof(norm));
            case TopKSolver.Dykstra:
                throw new ArgumentException("Dykstra's algorithm has an overload of its own, with DykstraOptions: it reports how each row ended.", nameof(solver));
            default:
                throw new ArgumentException($"There is no solver {solver}.", nameof(solver));
        }
    }

    private static void CheckSortedLength(int n)
    {
        if (n > LongestSorted)
        {
            throw new ArgumentOutOfRangeException(nameof(n), n, $"A row may have at most {LongestSorted} entries here.");
        }
    }

    private static void CheckReports(ArrayView<double> residuals, ArrayView<int> halfSweeps, int rows)
    {
        Guard.Length(residuals.Length, residuals.Length == 0 ? 0 : rows, nameof(residuals));
        Guard.Length(halfSweeps.Length, halfSweeps.Length == 0 ? 0 : rows, nameof(halfSweeps));
    }

    private static void CheckOrder(IsotonicOrder order) => Internals.Guard.Defined(order, nameof(order));

    /// <summary>n weights or one for each entry; none where they may be all 1.</summary>
    private static void CheckWeights<T>(ArrayView<T> weights, ArrayView<T> x, int n, IsotonicTerm term)
        where T : unmanaged
    {
        if (weights.Length > 0 || (term != IsotonicTerm.None && x.Length > 0))
        {
            Guard.Length(weights.Length, weights.Length == x.Length ? x.Length : n, nameof(weights));
        }
    }

    private readonly record struct SortedCall<T, TOperator>(
        Launching.Engine Engine, ArrayView<T> X, int N, ArrayView<int> Counts, int K, PNorm Norm, ArrayView<T> Destination, RowReports Reports,
        DykstraOptions? Options, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
        where TOperator : struct, ITopKOperator
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored>
        {
            var launcher = new SortedForwardLauncher<TStored, TElement, TOperator>(
                Engine, X.Cast<TStored>(), N, Counts, K, Norm, Destination.Cast<TStored>(), Reports, Queue);
            if (Options is null)
            {
                launcher.RunPav();
            }
            else
            {
                launcher.RunDykstra(Options);
            }
        }
    }

    private readonly record struct ProjectionCall<T>(
        Launching.Engine Engine, ArrayView<T> X, int N, ArrayView<T> Weights, IsotonicOrder Order, DykstraOptions Options,
        ArrayView<T> Destination, ArrayView<double> Residuals, ArrayView<int> HalfSweeps, AcceleratorStream Queue)
        : IElementCall
        where T : unmanaged
    {
        public void Invoke<TStored, TElement>()
            where TStored : unmanaged
            where TElement : struct, IElement<TStored> =>
            new ProjectionLauncher<TStored, TElement>(
                Engine, X.Cast<TStored>(), N, Stored<T, TStored>(Weights), Order, Options, Destination.Cast<TStored>(), Residuals, HalfSweeps,
                Queue).Run();
    }

    private static ArrayView<TStored> Stored<T, TStored>(ArrayView<T> view)
        where T : unmanaged
        where TStored : unmanaged => view.Length > 0 ? view.Cast<TStored>() : ArrayView<TStored>.Empty;
}
