namespace SparseTopK;

/// <summary>What an <see cref="IsotonicObjective"/> adds to the distance to x.</summary>
public enum IsotonicTerm
{
    /// <summary>Nothing: the weights belong to the squares, least squares.</summary>
    None,

    /// <summary>sum w_i v_i.</summary>
    Linear,

    /// <summary>sum w_i v_i^2/2.</summary>
    Quadratic,
}
