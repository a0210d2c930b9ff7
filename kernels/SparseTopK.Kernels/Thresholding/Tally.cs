using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>What a pass over the keys of a row says; what the fields hold depends on the stage of the search.</summary>
/// <param name="Free">Survey: the number of keys that may be chosen. Else the sum of v^a over 0 &lt; v &lt; 1. NaN where a key is not admitted.</param>
/// <param name="Slope">The sum of v^(a-1) over the same.</param>
/// <param name="Saturated">How many have v &gt;= 1; to classify, v &gt;= 1/2.</param>
/// <param name="Inner">How many are clear of both 0 and 1.</param>
/// <param name="Smallest">Survey: of all keys. Else the smallest above theta; to classify, the smallest kept.</param>
/// <param name="Largest">Survey: of all keys. To classify, the largest dropped.</param>
internal readonly record struct Tally(double Free, double Slope, int Saturated, int Inner, double Smallest, double Largest)
{
    public static Tally None => new(0, 0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);
}

internal readonly struct JoinTallies : IJoin<Tally>
{
    public static Tally Join(Tally left, Tally right) => new(
        left.Free + right.Free, left.Slope + right.Slope, left.Saturated + right.Saturated, left.Inner + right.Inner,
        Math.Min(left.Smallest, right.Smallest), Math.Max(left.Largest, right.Largest));
}
