using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>What the kernels of the solvers that sort share.</summary>
internal static class SortedRows
{
    /// <param name="keys">The keys of a row.</param>
    /// <param name="rest">What the solver needs beside them.</param>
    /// <param name="survey">Of the keys that may be chosen.</param>
    /// <param name="k">How many are.</param>
    /// <param name="n">The entries of the row.</param>
    /// <param name="equation">The equation.</param>
    /// <param name="solver">The solver.</param>
    /// <param name="isSorted">Whether the keys are sorted.</param>
    public static SortedEnd Solve<TPower, TTeam, TSolver>(
        Cells<double> keys, Cells<double> rest, RowSurvey survey, int k, int n, Equation<TPower> equation, TSolver solver, bool isSorted)
        where TPower : unmanaged, IScalarPower
        where TTeam : struct, ITeam
        where TSolver : unmanaged, ISortedSolver
    {
        if (survey.IsSpoiled || k < 0 || k > n)
        {
            return new(Root.Invalid, double.NaN, 0);
        }

        if (k == 0)
        {
            return new(Root.KeepNone, 0, 0);
        }

        if (survey.Count <= k)
        {
            return new(survey.Count < k ? equation.KeepAll() : equation.Hard(survey.Smallest), 0, 0);
        }

        if (!isSorted)
        {
            TeamSort.Sort<TTeam, KeyCells>(new(keys), n);
        }

        return equation.IsGap(keys[k - 1], keys[k])
            ? new(equation.Hard(keys[k - 1]), 0, 0)
            : solver.Solve<TTeam, TPower>(keys, rest, (int)survey.Count, k, equation);
    }

    /// <summary>Tells what is asked for of a row.</summary>
    public static void Report(int row, SortedEnd end, ArrayView<double> thresholds, ArrayView<double> residuals, ArrayView<int> halfSweeps)
    {
        if (thresholds.Length > 0)
        {
            thresholds[row] = end.Root.Threshold;
        }

        if (residuals.Length > 0)
        {
            residuals[row] = end.Residual;
        }

        if (halfSweeps.Length > 0)
        {
            halfSweeps[row] = end.HalfSweeps;
        }
    }
}
