using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Thresholding;

/// <summary>The threshold of one row of any length: keep the undecided keys in one pass, then solve on those.</summary>
internal static class RowSolver
{
    /// <summary>A row at least this long, of which at most this part is chosen, is written from its undecided entries alone.</summary>
    private const int SparseFrom = 2048, SparsePart = 32;

    /// <param name="row">The row.</param>
    /// <param name="k">How many to choose.</param>
    /// <param name="equation">The equation.</param>
    /// <param name="solver">The solver.</param>
    /// <param name="undecided">What the root was found from; the caller disposes of it.</param>
    /// <param name="dykstra">How Dykstra's algorithm ended, where it was asked for.</param>
    public static Root Solve<T, TPower>(
        ReadOnlySpan<T> row, int k, Equation<TPower> equation, in SolverChoice solver, out Undecided<T> undecided, out DykstraResult dykstra)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var (low, high) = (equation.LeastKey, double.PositiveInfinity);
        if (k == 0)
        {
            low = double.MaxValue;
        }
        else if (row.Length >= Sample.From && k < row.Length && solver.Kind == TopKSolver.Threshold)
        {
            (low, high) = Sample.Bracket(row, k, equation);
        }

        var cut = double.IsFinite(high) ? equation.Cut(high) : double.PositiveInfinity;
        var sparse = row.Length >= SparseFrom && k <= row.Length / SparsePart && low > equation.LeastKey && !double.IsFinite(high);
        undecided = new Undecided<T>(row, equation.Magnitude, low, cut, sparse);
        if (!undecided.IsComplete)
        {
            // The bracket is as good as any, though it leaves more entries undecided than a sparse row has: their keys are enough.
            undecided.Dispose();
            undecided = new Undecided<T>(row, equation.Magnitude, low, cut, places: false);
        }

        if (TrySolve(row, k, equation, solver, low, high, cut, undecided, out var root, out dykstra))
        {
            return root;
        }

        undecided.Dispose();
        (low, high) = (equation.LeastKey, double.PositiveInfinity);
        undecided = new Undecided<T>(row, equation.Magnitude, low, high, places: false);
        return TrySolve(row, k, equation, solver, low, high, high, undecided, out root, out dykstra)
            ? root
            : throw new InvalidOperationException("The whole line does not hold the root.");
    }

    /// <summary>A bracket of the root from the keys alone, for fewer than their number to choose.</summary>
    public static (double Low, double High) Bracket<TPower>(ReadOnlySpan<double> keys, Equation<TPower> equation)
        where TPower : struct, IPower => (Lowest(keys, equation), Largest(keys));

    private static double Lowest<TPower>(ReadOnlySpan<double> keys, Equation<TPower> equation)
        where TPower : struct, IPower => equation.Lowest(equation.Magnitude ? 0 : TensorPrimitives.Min(keys));

    /// <summary>The largest key, -infinity if there is none; not finite if any key is not. Twice as fast as TensorPrimitives.Max.</summary>
    private static double Largest(ReadOnlySpan<double> keys)
    {
        var (largest, sum) = (Vector.Create(double.NegativeInfinity), Vector<double>.Zero);
        var i = 0;
        for (; i <= keys.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var key = new Vector<double>(keys[i..]);
            largest = Vector.MaxNative(largest, key);
            sum += Vector<double>.Zero * key;
        }

        // 0 * key is NaN for NaN and the infinities alone.
        var result = double.IsNaN(Vector.Sum(sum)) ? double.NaN : double.NegativeInfinity;
        for (var lane = 0; lane < Vector<double>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        foreach (var key in keys[i..])
        {
            result = Math.Max(result, key);
        }

        return result;
    }

    /// <summary>Solves for the root if it lies from low up to high.</summary>
    private static bool TrySolve<T, TPower>(
        ReadOnlySpan<T> row, int k, Equation<TPower> equation, in SolverChoice solver, double low, double high, double cut,
        Undecided<T> undecided, out Root root, out DykstraResult dykstra)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var keys = undecided.Keys;
        var above = undecided.Above;
        var most = Largest(keys);
        root = Root.Invalid;
        dykstra = new(0, 0, true);
        if (!keys.IsEmpty && !double.IsFinite(most))
        {
            dykstra = dykstra with { Residual = double.NaN };
            return true;
        }

        if (k == 0)
        {
            root = Root.KeepNone;
            return true;
        }

        var whole = low == equation.LeastKey && double.IsPositiveInfinity(high);
        if (whole && keys.Length <= k)
        {
            root = keys.Length < k ? equation.KeepAll() : equation.Hard(TensorPrimitives.Min<double>(keys));
            return true;
        }

        if (solver.Kind != TopKSolver.Threshold)
        {
            root = solver.Kind == TopKSolver.Pav
                ? PavThreshold.Solve(keys, k, equation)
                : DykstraThreshold.Solve(keys, k, equation, solver.Tolerance, solver.MaxHalfSweeps, out dykstra);
            return true;
        }

        if (keys.IsEmpty && low == equation.LeastKey)
        {
            return false;
        }

        var search = new ThresholdSearch<TPower>(equation, keys, above, k, whole);
        low = low == equation.LeastKey ? Lowest(keys, equation) : low;
        high = double.IsFinite(high) ? high : most;
        root = search.Solve(low, high, cut);
        if (root.Kind == RootKind.Invalid)
        {
            return false;
        }

        if (root.IsBound)
        {
            root = equation.Hard(Compaction.SmallestFrom(row, equation.Magnitude, root.Anchor));
        }

        return true;
    }
}

/// <summary>A solver and what it needs to know.</summary>
/// <param name="Kind">The solver.</param>
/// <param name="Tolerance">Where Dykstra's algorithm stops.</param>
/// <param name="MaxHalfSweeps">And where at the latest.</param>
internal readonly record struct SolverChoice(TopKSolver Kind, double Tolerance, int MaxHalfSweeps)
{
    public static implicit operator SolverChoice(TopKSolver solver) => new(solver, 0, 0);
}
