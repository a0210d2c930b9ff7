namespace SparseTopK.Isotonic;

/// <summary>When Dykstra's algorithm stops: what is to be done next on a row, from what the passes before have found.</summary>
/// <remarks>A pass is a half-sweep, or, where the half-sweeps look as though they had converged or there is no more time, a look at the
/// violation of all pairs, from which the residual follows.</remarks>
/// <param name="tolerance">The residual to come down to.</param>
/// <param name="most">The most half-sweeps.</param>
internal struct SweepProgress(double tolerance, int most)
{
    private double _stepBefore;
    private double _steps;

    /// <summary>The half-sweeps done.</summary>
    public int Sweeps { get; private set; }

    /// <summary>The larger of the largest violation and of the largest step in the last two half-sweeps.</summary>
    public double Residual { get; private set; } = double.PositiveInfinity;

    /// <summary>Whether the next pass is no half-sweep, but looks at the violation.</summary>
    public bool IsMeasuring { get; private set; }

    public readonly bool IsConverged => Residual <= tolerance;

    public readonly bool IsOver => !IsMeasuring && (Sweeps >= most || IsConverged);

    /// <summary>0 where the next half-sweep is on the pairs (1, 2), (3, 4), ..., else 1.</summary>
    public readonly int Parity => Sweeps & 1;

    /// <param name="violation">The largest violation that the pass has seen.</param>
    /// <param name="step">The largest step that it made.</param>
    public void Advance(double violation, double step)
    {
        if (IsMeasuring)
        {
            (Residual, IsMeasuring) = (Math.Max(violation, _steps), false);
            return;
        }

        Sweeps++;
        (_steps, _stepBefore) = (Math.Max(step, _stepBefore), step);

        // Pairs of both kinds have been looked at, or there is no more time.
        IsMeasuring = (Sweeps > 1 && Math.Max(violation, _steps) <= tolerance) || Sweeps == most;
    }
}
