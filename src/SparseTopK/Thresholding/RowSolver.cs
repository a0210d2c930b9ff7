using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Thresholding;

/// <summary>The threshold of one row of any length: keep the undecided keys in one pass, then solve on those.</summary>
internal static class RowSolver
{
    public static Root Solve<T, TPower>(ReadOnlySpan<T> row, int k, Equation equation, TPower power, TopKSolver solver)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var (low, high) = (equation.LeastKey, double.PositiveInfinity);
        if (k == 0)
        {
            low = double.MaxValue;
        }
        else if (row.Length >= Sample.From && k < row.Length && solver == TopKSolver.Threshold)
        {
            (low, high) = Sample.Bracket(row, k, equation, power);
        }

        return TrySolve(row, k, equation, power, solver, low, high, out var root)
            || TrySolve(row, k, equation, power, solver, equation.LeastKey, double.PositiveInfinity, out root)
            ? root
            : throw new InvalidOperationException("The whole line does not hold the root.");
    }

    /// <summary>A bracket of the root from the keys alone, for fewer than their number to choose.</summary>
    public static (double Low, double High) Bracket(ReadOnlySpan<double> keys, Equation equation)
    {
        var high = TensorPrimitives.Max(keys);
        return equation.Magnitude
            ? (double.Epsilon, high)
            : (Math.Max(double.MinValue, TensorPrimitives.Min(keys) - equation.Norm.Lambda), high);
    }

    /// <summary>Solves for the root if it lies from low up to high.</summary>
    private static bool TrySolve<T, TPower>(
        ReadOnlySpan<T> row, int k, Equation equation, TPower power, TopKSolver solver, double low, double high, out Root root)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var cut = double.IsFinite(high) ? high + equation.Width(high) : double.PositiveInfinity;
        using var undecided = new KeyBuffer<T>(row, equation.Magnitude, low, cut);
        var keys = undecided.Keys;
        var above = undecided.Above;
        var most = keys.IsEmpty ? low : TensorPrimitives.Max<double>(keys);
        root = Root.Invalid;
        if (!keys.IsEmpty && !double.IsFinite(most))
        {
            return true;
        }

        if (k == 0)
        {
            root = Equation.KeepNone();
            return true;
        }

        var whole = low == equation.LeastKey && double.IsPositiveInfinity(high);
        if (whole && keys.Length <= k)
        {
            root = keys.Length < k ? equation.KeepAll() : equation.Hard(TensorPrimitives.Min<double>(keys));
            return true;
        }

        if (solver == TopKSolver.Pav)
        {
            root = PavThreshold.Solve(keys, k, equation);
            return true;
        }

        var search = new ThresholdSearch<TPower>(equation, power, keys, above, k, whole);
        low = low == equation.LeastKey ? Bracket(keys, equation).Low : low;
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
