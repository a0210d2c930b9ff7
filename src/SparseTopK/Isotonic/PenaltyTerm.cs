namespace SparseTopK.Isotonic;

/// <summary>What an objective adds to its distance.</summary>
internal enum PenaltyTerm
{
    /// <summary>Nothing: the weights belong to the squares.</summary>
    None,

    /// <summary>sum w_i v_i.</summary>
    Linear,

    /// <summary>sum w_i v_i^2/2.</summary>
    Quadratic,
}
