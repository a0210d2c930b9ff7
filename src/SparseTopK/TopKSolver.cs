namespace SparseTopK;

/// <summary>How the forward pass finds its threshold. Every solver gives the same operator.</summary>
public enum TopKSolver
{
    /// <summary>The scalar root by a safeguarded Newton iteration, without a sort: exact, O(n), the default.</summary>
    Threshold,

    /// <summary>Isotonic regression of the sorted row by pooling adjacent violators: exact, the paper's.</summary>
    /// <remarks>O(n log n) for p = 2 and p = 4/3. For another p a pool of m entries costs O(m^2): each join solves for its value anew.</remarks>
    Pav,

    /// <summary>Dykstra's alternating projections, p = 2 alone: an approximation meant for GPUs.</summary>
    /// <remarks>Reserved: the operators of this version refuse it with an <see cref="ArgumentException"/>.</remarks>
    Dykstra,
}
