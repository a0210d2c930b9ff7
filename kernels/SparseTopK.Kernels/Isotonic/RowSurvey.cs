using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>What a first look at a row says.</summary>
/// <param name="Count">How many entries count; NaN where one is not admitted.</param>
/// <param name="Smallest">The smallest of them.</param>
/// <param name="Largest">The largest of them.</param>
/// <param name="Weight">The largest weight.</param>
internal readonly record struct RowSurvey(double Count, double Smallest, double Largest, double Weight)
{
    public static RowSurvey None => new(0, double.PositiveInfinity, double.NegativeInfinity, 0);

    public static RowSurvey Spoiled => None with { Count = double.NaN };

    public bool IsSpoiled => double.IsNaN(Count);

    /// <summary>max |x| of those that count.</summary>
    public double LargestSize => Math.Max(Math.Abs(Smallest), Math.Abs(Largest));

    /// <summary>With one entry more.</summary>
    public RowSurvey And(double value, double weight) =>
        new(Count + 1, Math.Min(Smallest, value), Math.Max(Largest, value), Math.Max(Weight, weight));

    public static bool IsFinite(double value) => !double.IsNaN(value) && Math.Abs(value) <= double.MaxValue;
}

internal readonly struct JoinSurveys : IJoin<RowSurvey>
{
    public static RowSurvey Join(RowSurvey left, RowSurvey right) => new(
        left.Count + right.Count, Math.Min(left.Smallest, right.Smallest), Math.Max(left.Largest, right.Largest),
        Math.Max(left.Weight, right.Weight));
}
