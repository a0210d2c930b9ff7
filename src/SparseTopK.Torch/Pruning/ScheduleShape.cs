namespace SparseTopK.Torch;

/// <summary>How a <see cref="Schedule"/> goes from its first value to its last; u is the share of the way, from 0 to 1.</summary>
public enum ScheduleShape
{
    /// <summary>One value throughout.</summary>
    Constant,

    /// <summary>from + (to - from) u.</summary>
    Linear,

    /// <summary>to + (from - to)(1 - u)^3: fast at first, slow at the end.</summary>
    Cubic,

    /// <summary>from (to/from)^u: the same factor every step.</summary>
    Exponential,

    /// <summary>to + (from - to)(1 + cos(pi u))/2: slow at both ends.</summary>
    Cosine,
}
