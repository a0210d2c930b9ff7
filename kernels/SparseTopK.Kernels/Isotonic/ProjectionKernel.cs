using ILGPU;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The projection of each row on the monotone cone by Dykstra's algorithm, a team of threads for each.</summary>
internal static class ProjectionKernel
{
    /// <summary>How many numbers a row needs.</summary>
    public static int NumbersFor(int n, bool isWeighted) => (isWeighted ? 3 : 2) * n;

    /// <param name="x">The rows.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">n of them, or as many as x, or none.</param>
    /// <param name="weightStep">From the weights of a row to those of the next.</param>
    /// <param name="order">Which way the solution runs.</param>
    /// <param name="tolerance">In units of the row's spread.</param>
    /// <param name="most">The most half-sweeps.</param>
    /// <param name="scratch">Memory of all teams, or none where it is shared.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    /// <param name="destination">The solution.</param>
    /// <param name="residuals">One for each row, or none.</param>
    /// <param name="halfSweeps">One for each row, or none.</param>
    public static void Run<T, TElement, TTeam, TMemory>(
        ArrayView<T> x, int n, ArrayView<T> weights, int weightStep, IsotonicOrder order, double tolerance, int most,
        ArrayView<double> scratch, int stride, ArrayView<T> destination, ArrayView<double> residuals, ArrayView<int> halfSweeps)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TTeam : struct, ITeam
        where TMemory : struct, IRowMemory
    {
        var isWeighted = weights.Length > 0;
        var cells = TMemory.Take<TTeam>(scratch, NumbersFor(n, isWeighted), stride);
        var v = cells.Slice(0, n);
        var forces = cells.Slice(n, n);
        var inverses = cells.Slice(isWeighted ? 2 * n : 0, n);
        var rows = (int)(x.Length / n);
        for (var r = TTeam.FirstRow; r < rows; r += TTeam.RowStep)
        {
            var start = (long)r * n;
            var row = x.SubView(start, n);
            var own = isWeighted ? weights.SubView((long)r * weightStep, n) : weights;
            var survey = TTeam.Join<RowSurvey, JoinSurveys>(Survey<T, TElement, TTeam>(row, own));
            var isConstant = !survey.IsSpoiled && survey.Smallest == survey.Largest;
            var (residual, sweeps) = (survey.IsSpoiled ? double.NaN : 0.0, 0);
            var unit = isConstant || survey.IsSpoiled ? new(1, 1) : SpreadUnit.Of(survey.Smallest, survey.Largest, order);
            var weightUnit = Stretch.UnitFor(survey.Weight);
            for (var i = TTeam.Rank; i < n; i += TTeam.Size)
            {
                v[i] = survey.IsSpoiled ? double.NaN : default(TElement).Load(row[i]) * unit.Scale;
                if (isWeighted)
                {
                    inverses[i] = 1 / (default(TElement).Load(own[i]) * weightUnit);
                }
            }

            if (!isConstant && !survey.IsSpoiled)
            {
                var progress = TeamSweeps.Solve<TTeam, InverseCells>(
                    v, forces, new(inverses, isWeighted ? 1 : 0), n, new(tolerance * unit.Spread, most));
                (residual, sweeps) = (progress.Residual / unit.Spread, progress.Sweeps);
            }

            TTeam.Barrier();
            for (var i = TTeam.Rank; i < n; i += TTeam.Size)
            {
                destination[start + i] = default(TElement).Store(v[i] / unit.Scale);
            }

            if (TTeam.Rank == 0)
            {
                if (residuals.Length > 0)
                {
                    residuals[r] = residual;
                }

                if (halfSweeps.Length > 0)
                {
                    halfSweeps[r] = sweeps;
                }
            }

            TTeam.Barrier();
        }
    }

    private static RowSurvey Survey<T, TElement, TTeam>(ArrayView<T> row, ArrayView<T> weights)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TTeam : struct, ITeam
    {
        var survey = RowSurvey.None;
        for (var i = TTeam.Rank; i < row.IntLength; i += TTeam.Size)
        {
            var value = default(TElement).Load(row[i]);
            var weight = weights.Length > 0 ? default(TElement).Load(weights[i]) : 1.0;
            survey = RowSurvey.IsFinite(value) && RowSurvey.IsFinite(weight) && weight > 0 ? survey.And(value, weight) : RowSurvey.Spoiled;
        }

        return survey;
    }
}
