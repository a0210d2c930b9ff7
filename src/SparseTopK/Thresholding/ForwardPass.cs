using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The forward pass of either operator over a batch: a root per row, then the row's output from it.</summary>
internal static class ForwardPass
{
    /// <param name="x">rows x n entries.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="n">Entries of a row.</param>
    /// <param name="k">One number for all rows, or one per row.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="destination">As long as x.</param>
    /// <param name="thresholds">One per row, or empty.</param>
    /// <param name="solver">The solver.</param>
    public static void Run<T, TOperator>(
        ReadOnlySpan<T> x, int rows, int n, ReadOnlySpan<int> k, PNorm norm, Span<T> destination, Span<double> thresholds, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
        where TOperator : struct, ITopKOperator
    {
        if (solver == TopKSolver.Dykstra)
        {
            RunDykstra<T, TOperator>(x, rows, n, k, norm, destination, thresholds, DykstraOptions.Default, [], nameof(solver));
            return;
        }

        Guard.Norm(norm);
        Guard.Solver(solver);
        Guard.Scratch(n, solver == TopKSolver.Pav ? 4 : 1);
        CheckMemory(x, k, destination, thresholds);
        if (!Guard.IsNative<T>())
        {
            using var wide = new Widening<T>(x);
            Run<float, TOperator>(wide.Values, rows, n, k, norm, wide.Values, thresholds, solver);
            wide.NarrowTo(destination);
            return;
        }

        switch (norm.ResponseExponent)
        {
            case 1:
                Run<T, TOperator, FirstPower>(x, rows, n, k, norm, default, destination, thresholds, solver);
                break;
            case 2:
                Run<T, TOperator, SecondPower>(x, rows, n, k, norm, default, destination, thresholds, solver);
                break;
            case 3:
                Run<T, TOperator, ThirdPower>(x, rows, n, k, norm, default, destination, thresholds, solver);
                break;
            case var a:
                Run<T, TOperator, RealPower>(x, rows, n, k, norm, new(a), destination, thresholds, solver);
                break;
        }
    }

    /// <summary>Dykstra's algorithm, p = 2: all roots first, so that nothing is written where a row has not converged.</summary>
    public static unsafe void RunDykstra<T, TOperator>(
        ReadOnlySpan<T> x, int rows, int n, ReadOnlySpan<int> k, PNorm norm, Span<T> destination, Span<double> thresholds,
        DykstraOptions options, Span<DykstraResult> results, string argument = "norm")
        where T : unmanaged, INumberBase<T>
        where TOperator : struct, ITopKOperator
    {
        Guard.Norm(norm);
        Guard.Dykstra(norm, argument);
        Guard.Scratch(n, 1);
        CheckMemory(x, k, destination, thresholds);
        Guard.NoOverlap(x, results, nameof(results));
        Guard.NoOverlap(k, results, nameof(results));
        Guard.NoOverlap(destination, results, nameof(results));
        Guard.NoOverlap(thresholds, results, nameof(results));
        if (!Guard.IsNative<T>())
        {
            using var wide = new Widening<T>(x);
            RunDykstra<float, TOperator>(wide.Values, rows, n, k, norm, wide.Values, thresholds, options, results, argument);
            wide.NarrowTo(destination);
            return;
        }

        using var rootScratch = new Scratch<Root>(rows);
        using var resultScratch = new Scratch<DykstraResult>(rows);
        var roots = rootScratch.Take(rows);
        var reports = resultScratch.Take(rows);
        fixed (T* source = x, target = destination)
        fixed (int* counts = k)
        fixed (Root* found = roots)
        fixed (DykstraResult* ended = reports)
        fixed (double* certificates = thresholds)
        {
            var solver = new SolverChoice(TopKSolver.Dykstra, options.Tolerance, options.MaxHalfSweeps);
            var solve = new SolveRows<T>(
                source, n, counts, k.Length == 1 ? 0 : 1, new(norm, TOperator.Magnitude, default), solver, found, ended);
            Rows.ForEachBlock(rows, n, solve);
            for (var row = 0; row < rows && !options.AcceptUnconverged; row++)
            {
                if (!reports[row].Converged)
                {
                    throw new DykstraConvergenceException(row, reports[row], options);
                }
            }

            Rows.ForEachBlock(rows, n, new WriteRows<T, TOperator>(source, n, found, target, certificates));
        }

        if (!results.IsEmpty)
        {
            reports.CopyTo(results);
        }
    }

    private static void CheckMemory<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> k, Span<T> destination, Span<double> thresholds)
    {
        Guard.Overlap(x, destination);
        Guard.NoOverlap(k, destination);
        Guard.NoOverlap(k, thresholds, nameof(thresholds));
        Guard.NoOverlap(x, thresholds, nameof(thresholds));
        Guard.NoOverlap(destination, thresholds, nameof(thresholds));
    }

    private static unsafe void Run<T, TOperator, TPower>(
        ReadOnlySpan<T> x, int rows, int n, ReadOnlySpan<int> k, PNorm norm, TPower power, Span<T> destination,
        Span<double> thresholds, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
        where TOperator : struct, ITopKOperator
        where TPower : struct, IPower
    {
        fixed (T* source = x, target = destination)
        fixed (int* counts = k)
        fixed (double* roots = thresholds)
        {
            var step = k.Length == 1 ? 0 : 1;
            var equation = new Equation<TPower>(norm, TOperator.Magnitude, power);
            Rows.ForEachBlock(rows, n, new ForwardRows<T, TOperator, TPower>(source, n, counts, step, equation, target, roots, solver));
        }
    }
}

/// <summary>A block of rows of the forward pass.</summary>
internal readonly unsafe struct ForwardRows<T, TOperator, TPower>(
    T* x, int n, int* k, int kStep, Equation<TPower> equation, T* destination, double* thresholds, TopKSolver solver) : IStretch
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    public void Invoke(int index, int start, int length)
    {
        if (n <= SmallRows.Longest && solver == TopKSolver.Threshold)
        {
            new SmallRows<T, TOperator, TPower>(x, n, k, kStep, equation, destination, thresholds).Invoke(start, length);
            return;
        }

        for (var row = start; row < start + length; row++)
        {
            var source = new ReadOnlySpan<T>(x + ((long)row * n), n);
            var root = RowSolver.Solve(source, k[row * kStep], equation, solver, out var undecided, out _);
            if (undecided.TryWrite<TOperator, TPower>(n, destination + ((long)row * n), root, equation.Power))
            {
                Report(row, root);
            }
            else
            {
                Write(row, root);
            }

            undecided.Dispose();
        }
    }

    private void Report(int row, in Root root)
    {
        if (thresholds != null)
        {
            thresholds[row] = root.Threshold;
        }
    }

    private void Write(int row, in Root root)
    {
        var offset = (long)row * n;
        Report(row, root);
        if (n < 2 * Rows.Chunk)
        {
            Output.Write<T, TOperator, TPower>(new(x + offset, n), new(destination + offset, n), root, equation.Power);
        }
        else
        {
            Rows.ForEachChunk(n, new WriteChunk<T, TOperator, TPower>(x + offset, destination + offset, root, equation.Power));
        }
    }
}

/// <summary>A chunk of one row's output.</summary>
internal readonly unsafe struct WriteChunk<T, TOperator, TPower>(T* x, T* destination, Root root, TPower power) : IStretch
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    public void Invoke(int index, int start, int length) =>
        Output.Write<T, TOperator, TPower>(new(x + start, length), new(destination + start, length), root, power);
}

/// <summary>The roots of a block of rows, p = 2, and nothing written yet.</summary>
internal readonly unsafe struct SolveRows<T>(
    T* x, int n, int* k, int kStep, Equation<FirstPower> equation, SolverChoice solver, Root* roots, DykstraResult* results) : IStretch
    where T : unmanaged, INumberBase<T>
{
    public void Invoke(int index, int start, int length)
    {
        for (var row = start; row < start + length; row++)
        {
            var source = new ReadOnlySpan<T>(x + ((long)row * n), n);
            roots[row] = RowSolver.Solve<T, FirstPower>(
                source, k[row * kStep], equation, solver, out var undecided, out results[row]);
            undecided.Dispose();
        }
    }
}

/// <summary>The output of a block of rows from their roots, p = 2.</summary>
internal readonly unsafe struct WriteRows<T, TOperator>(T* x, int n, Root* roots, T* destination, double* thresholds) : IStretch
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
{
    public void Invoke(int index, int start, int length)
    {
        for (var row = start; row < start + length; row++)
        {
            var offset = (long)row * n;
            if (thresholds != null)
            {
                thresholds[row] = roots[row].Threshold;
            }

            Output.Write<T, TOperator, FirstPower>(new(x + offset, n), new(destination + offset, n), roots[row], default);
        }
    }
}
