using SparseTopK.Internals;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>How the search for the root of a row ended.</summary>
internal readonly record struct SortedEnd(Root Root, double Residual, int HalfSweeps);

/// <summary>A solver that finds the root of a row from its sorted keys.</summary>
internal interface ISortedSolver
{
    /// <summary>How many numbers it needs of a row, the keys among them.</summary>
    static abstract int NumbersFor(int n);

    /// <summary>Solves for k keys of more, where the k-th and the next are no gap apart.</summary>
    /// <param name="keys">Sorted; every thread of the team may read them, and overwrite them.</param>
    /// <param name="rest">What it needs beside them.</param>
    /// <param name="count">How many keys may be chosen.</param>
    /// <param name="k">How many are.</param>
    /// <param name="equation">The equation.</param>
    SortedEnd Solve<TTeam, TPower>(Cells<double> keys, Cells<double> rest, int count, int k, Equation<TPower> equation)
        where TTeam : struct, ITeam
        where TPower : unmanaged, IScalarPower;
}

/// <summary>Dykstra's algorithm on the keys around the k-th.</summary>
internal readonly struct DykstraSolver(double tolerance, int most, int acceptsUnconverged) : ISortedSolver
{
    public static int NumbersFor(int n) => 2 * n;

    public SortedEnd Solve<TTeam, TPower>(Cells<double> keys, Cells<double> rest, int count, int k, Equation<TPower> equation)
        where TTeam : struct, ITeam
        where TPower : unmanaged, IScalarPower
    {
        var window = new DykstraWindow<TPower>(keys[k - 1], keys[k], equation);
        var start = FirstUnsaturated(keys, k - 1, window);
        var n = FirstDropped(keys, k + 1, count, window) - start;
        TTeam.Barrier();
        var v = keys.Slice(start, n);
        for (var i = TTeam.Rank; i < n; i += TTeam.Size)
        {
            v[i] = window.Start(v[i], start + i < k);
        }

        var inverses = new InverseOfFirst(k - start, 1 / window.Weight(true));
        var progress = TeamSweeps.Solve<TTeam, InverseOfFirst>(v, rest, inverses, n, new(tolerance, most));
        var root = progress.IsConverged || acceptsUnconverged != 0 ? window.RootOf(v[k - start - 1], v[k - start]) : Root.Invalid;
        return new(root, progress.Residual, progress.Sweeps);
    }

    private static int FirstUnsaturated<TPower>(Cells<double> keys, int end, DykstraWindow<TPower> window)
        where TPower : unmanaged, IScalarPower
    {
        var start = 0;
        while (start < end)
        {
            var middle = start + ((end - start) / 2);
            (start, end) = window.IsSaturated(keys[middle]) ? (middle + 1, end) : (start, middle);
        }

        return start;
    }

    private static int FirstDropped<TPower>(Cells<double> keys, int start, int end, DykstraWindow<TPower> window)
        where TPower : unmanaged, IScalarPower
    {
        while (start < end)
        {
            var middle = start + ((end - start) / 2);
            (start, end) = window.IsDropped(keys[middle]) ? (start, middle) : (middle + 1, end);
        }

        return start;
    }
}

/// <summary>Pooling adjacent violators. Every thread of a team does all of it: the same numbers, read by all at once.</summary>
/// <remarks>The k largest keys decrease as blocks of one entry each, and so do the others: one block forms, from the boundary between them
/// outwards, and no stack is needed.</remarks>
internal readonly struct PavSolver<TBlock> : ISortedSolver
    where TBlock : unmanaged, IMoments<TBlock>
{
    public static int NumbersFor(int n) => n;

    public SortedEnd Solve<TTeam, TPower>(Cells<double> keys, Cells<double> rest, int count, int k, Equation<TPower> equation)
        where TTeam : struct, ITeam
        where TPower : unmanaged, IScalarPower
    {
        var line = new PavLine<TPower>(keys[k - 1], equation);
        var sorted = new SortedCells<TPower>(keys, count, k, line);
        var (start, end) = (k - 1, k);
        var block = Single(sorted, start);
        while (end < count)
        {
            var right = Single(sorted, end);
            if (block.Value >= right.Value)
            {
                break;
            }

            block = TBlock.Join(block, right, line.Constant, line.Rate);
            end++;
            while (start > 0)
            {
                var left = Single(sorted, start - 1);
                if (left.Value >= block.Value)
                {
                    break;
                }

                block = TBlock.Join(left, block, line.Constant, line.Rate);
                start--;
            }
        }

        return new(line.RootOf(sorted, start, end, block.Value), 0, 0);
    }

    private static TBlock Single<TPower>(SortedCells<TPower> sorted, int i)
        where TPower : unmanaged, IScalarPower => TBlock.Of(i + 1, sorted.Score(i), sorted.Single(i), sorted.Weight(i), sorted.Rate);
}

/// <summary>Sorted keys of a row.</summary>
internal readonly struct SortedCells<TPower>(Cells<double> keys, int count, int k, PavLine<TPower> line) : ISortedKeys, IScores
    where TPower : unmanaged, IScalarPower
{
    public int Length => count;

    public double Rate => line.Rate;

    public double Key(int i) => keys[i];

    public double Score(int i) => line.Score(keys[i]);

    public double Weight(int i) => i < k ? 1.0 : 0.0;

    public double Single(int i) => line.Single(keys[i], i < k);

    public double Root(int start, int end, double low, double high, double d) =>
        SafeguardedNewton.Root(
            new BlockEquation<TPower, SortedCells<TPower>>(
                this, start, end, line.Equation.Power, line.Equation.Norm.ResponseExponent, line.Constant, line.Rate),
            low, high, d);
}
