namespace SparseTopK;

/// <summary>How Dykstra's algorithm ended on one row.</summary>
/// <param name="HalfSweeps">The half-sweeps done; 0 where there was nothing to do.</param>
/// <param name="Residual">The larger of the largest violation max (v_(i+1) - v_i) and of the largest step of an entry in either of the
/// last two half-sweeps, in the unit of <see cref="DykstraOptions.Tolerance"/>. NaN for a NaN row.</param>
/// <param name="Converged">Whether the residual came down to the tolerance; true for a NaN row, whose solution is NaN.</param>
public readonly record struct DykstraResult(int HalfSweeps, double Residual, bool Converged);
