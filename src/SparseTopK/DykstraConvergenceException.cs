namespace SparseTopK;

/// <summary>Dykstra's algorithm did not converge within its half-sweeps. Nothing has been written.</summary>
/// <remarks>Take more half-sweeps or a larger tolerance, accept the best found (<see cref="DykstraOptions.AcceptUnconverged"/>), or
/// take <see cref="TopKSolver.Threshold"/>, which is exact.</remarks>
public sealed class DykstraConvergenceException : Exception
{
    /// <summary>An exception that tells nothing of the row.</summary>
    public DykstraConvergenceException()
        : this("Dykstra's algorithm did not converge.")
    {
    }

    /// <summary>An exception with a message.</summary>
    public DykstraConvergenceException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and a cause.</summary>
    public DykstraConvergenceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal DykstraConvergenceException(int row, DykstraResult result, DykstraOptions options)
        : base($"Row {row}: Dykstra's algorithm has not converged in {result.HalfSweeps} half-sweeps: the residual is {result.Residual:e2}, "
            + $"the tolerance {options.Tolerance:e2}. Take more half-sweeps, a larger tolerance, or TopKSolver.Threshold, which is exact.") =>
        (Row, Result) = (row, result);

    /// <summary>The first row that has not converged.</summary>
    public int Row { get; }

    /// <summary>How far that row came.</summary>
    public DykstraResult Result { get; }
}
