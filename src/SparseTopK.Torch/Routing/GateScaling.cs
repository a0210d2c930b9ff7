namespace SparseTopK.Torch;

/// <summary>How a soft mask m becomes the gates of a token.</summary>
public enum GateScaling
{
    /// <summary>g = m: the gates of a token sum to k where tokens choose, those of an expert to its capacity where experts choose.</summary>
    None,

    /// <summary>g_e = m_e / sum of m over the experts: the gates of a token sum to 1 (0 where it has no expert).</summary>
    Normalized,

    /// <summary>g_e = m_e exp(s_e) / sum of m exp(s) over the experts: they sum to 1, and the scores of the chosen experts get a gradient
    /// even where the mask is hard, exactly 0 or 1, and gives none.</summary>
    Softmax,
}
