namespace SparseTopK;

/// <summary>How the forward pass finds its threshold. Threshold and Pav give the same operator, Dykstra approximates it.</summary>
public enum TopKSolver
{
    /// <summary>The scalar root by a safeguarded Newton iteration, without a sort: exact, O(n), the default.</summary>
    Threshold,

    /// <summary>Isotonic regression of the sorted row by pooling adjacent violators: exact, the paper's, O(n log n), for rows of up to about 2^29 entries.</summary>
    Pav,

    /// <summary>Dykstra's alternating projections on the sorted row, p = 2 alone: an approximation meant for GPUs.</summary>
    /// <remarks>Stops on its residual (<see cref="DykstraOptions"/>); a row that has not converged is a
    /// <see cref="DykstraConvergenceException"/>. Fit for rows in which up to some tens of entries compete.</remarks>
    Dykstra,
}
