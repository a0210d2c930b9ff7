namespace SparseTopK.Thresholding;

/// <summary>What the solvers say of one row: enough to write its output, one entry at a time.</summary>
/// <remarks>The unknown theta (tau of the mask, gamma of the magnitude) is kept as anchor + offset, where the anchor is a
/// key of the row, or 0: key - anchor is exact where it matters, so an entry's distance to theta keeps all its digits
/// however far from 0 the row lies.</remarks>
internal readonly struct Root
{
    private Root(RootKind kind, double anchor, double offset, double width, double threshold)
    {
        Kind = kind;
        Anchor = anchor;
        Offset = offset;
        Width = width;
        Threshold = threshold;
    }

    public RootKind Kind { get; }

    /// <summary>A key of the row near theta (Interior); the smallest key that is kept whole (Hard).</summary>
    public double Anchor { get; }

    /// <summary>theta - anchor.</summary>
    public double Offset { get; }

    /// <summary>The distance above theta from which a key is saturated: R'(1) for the mask, R'(gamma) for the magnitude.</summary>
    public double Width { get; }

    /// <summary>The largest root theta itself, rounded.</summary>
    public double Threshold { get; }

    public static Root Invalid => new(RootKind.Invalid, double.NaN, double.NaN, double.NaN, double.NaN);

    /// <summary>k = 0: nothing is kept, and theta may be as large as one likes.</summary>
    public static Root KeepNone => Hard(double.PositiveInfinity, double.PositiveInfinity);

    public static Root Interior(double anchor, double offset, double width) =>
        new(RootKind.Interior, anchor, offset, width, anchor + offset);

    public static Root Hard(double smallestKept, double threshold) =>
        new(RootKind.Hard, smallestKept, 0, 0, threshold);

    /// <summary>A hard root of which only a bound is known: every key from it up is kept, every key below it dropped.</summary>
    public static Root HardBound(double bound) => new(RootKind.Hard, bound, 0, 0, double.NaN);

    /// <summary>Whether the anchor is such a bound, and not a key.</summary>
    public bool IsBound => Kind == RootKind.Hard && double.IsNaN(Threshold);
}

internal enum RootKind
{
    /// <summary>Some entries lie strictly between 0 and their saturation.</summary>
    Interior,

    /// <summary>A gap (or k = 0, or too few entries): the hard operator, entries from the anchor up are kept whole.</summary>
    Hard,

    /// <summary>The row holds a NaN or an infinity that the operator does not admit.</summary>
    Invalid,
}
