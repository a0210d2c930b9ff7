namespace SparseTopK;

/// <summary>When Dykstra's algorithm stops.</summary>
/// <remarks>Immutable and safe to share.</remarks>
public sealed record DykstraOptions
{
    /// <summary>A tolerance of 1e-6 and at most 10,000 half-sweeps.</summary>
    public static DykstraOptions Default { get; } = new();

    /// <summary>Where the residual is at most this, the algorithm has converged. 0 or more. Below about
    /// 1e-15 rounding may keep the residual above it for ever.</summary>
    /// <remarks>The unit: the spread max x - min x of the row for <see cref="Dykstra"/>; an entry of y for the mask; the k-th
    /// magnitude for the magnitude. The error of the solution may be up to about m^2 times the residual where m entries are pooled.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative, infinite or NaN.</exception>
    public double Tolerance
    {
        get;
        init => field = value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Tolerance), value, "The tolerance must be a finite number of 0 or more.");
    } = 1e-6;

    /// <summary>The most half-sweeps. 1 or more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int MaxHalfSweeps
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaxHalfSweeps));
            field = value;
        }
    } = 10_000;

    /// <summary>Whether the top-k operators take the best found where the algorithm has not converged, instead of a
    /// <see cref="DykstraConvergenceException"/>.</summary>
    public bool AcceptUnconverged { get; init; }
}
