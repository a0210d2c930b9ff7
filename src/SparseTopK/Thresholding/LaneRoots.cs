using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>A <see cref="Root"/> per lane of one half.</summary>
/// <param name="Invalid">All bits set where the row is NaN.</param>
/// <param name="Hard">All bits set where the root is hard; elsewhere it is interior.</param>
/// <param name="Anchor">As of the root.</param>
/// <param name="Offset">As of the root.</param>
/// <param name="Width">As of the root.</param>
/// <param name="Threshold">As of the root.</param>
internal readonly record struct LaneRoots(
    Vector<long> Invalid, Vector<long> Hard, Vector<double> Anchor, Vector<double> Offset, Vector<double> Width, Vector<double> Threshold)
{
    public Root Of(int lane) => Invalid[lane] != 0 ? Root.Invalid
        : Hard[lane] != 0 ? Root.Hard(Anchor[lane], Threshold[lane])
        : Root.Interior(Anchor[lane], Offset[lane], Width[lane]);

    /// <summary>Whether float arithmetic serves every interior root; see <see cref="Output"/>.</summary>
    public bool FitSingle(bool magnitude)
    {
        var (least, most) = (Vector.Create(Output.LeastSingle), Vector.Create(Output.MostSingle));
        var fits = Vector.GreaterThan(Width, least) & Vector.LessThan(Width, most)
            & Vector.LessThan(Vector.Abs(Threshold), Output.MostWidths * Width);
        if (magnitude)
        {
            fits &= Vector.GreaterThan(Threshold, least) & Vector.LessThan(Threshold, most);
        }

        return !Vector.AnyWhereAllBitsSet(Vector.AndNot(~fits, Hard | Invalid));
    }
}

/// <summary>Writes a tile of short rows from their roots.</summary>
internal static class LaneOutput<TOperator, TPower>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    public static void Write<T>(ReadOnlySpan<T> entries, Span<T> output, in LaneRoots lower, in LaneRoots upper, TPower power)
        where T : unmanaged, INumberBase<T>
    {
        if (typeof(T) == typeof(double))
        {
            WriteSlot(entries, output, 0, lower, lower, power);
            WriteSlot(entries, output, Vector<T>.Count, upper, upper, power);
        }
        else
        {
            WriteSlot(entries, output, 0, lower, upper, power);
        }
    }

    /// <summary>One vector of each rank.</summary>
    private static void WriteSlot<T>(ReadOnlySpan<T> entries, Span<T> output, int slot, in LaneRoots lower, in LaneRoots upper, TPower power)
        where T : unmanaged, INumberBase<T>
    {
        var isHard = Lanes.Narrow<T>(lower.Hard, upper.Hard);
        var isInvalid = Lanes.Narrow<T>(lower.Invalid, upper.Invalid);
        var hard = new HardEntry<T, TOperator>(Cut<T>(lower, upper));
        var interior = new InteriorEntry<T, TOperator, TPower>(lower, upper, power);
        var anyInterior = Vector.AnyWhereAllBitsSet(~(lower.Hard | lower.Invalid) | ~(upper.Hard | upper.Invalid));
        for (var i = slot; i < entries.Length; i += Lanes.Count)
        {
            var entry = Vector.LoadUnsafe(in entries[i]);
            var value = anyInterior ? interior.Invoke(entry) : Vector<T>.Zero;
            (Vector.ConditionalSelect(isHard, hard.Invoke(entry), value) | isInvalid).StoreUnsafe(ref output[i]);
        }
    }

    /// <summary>The smallest key that is kept whole. The least double is one of them: it becomes the least T, not -infinity.</summary>
    private static Vector<T> Cut<T>(in LaneRoots lower, in LaneRoots upper)
        where T : unmanaged, INumberBase<T> =>
        Vector.MaxNative(Lanes.Narrow<T>(lower.Anchor, upper.Anchor), Vector.Create(-Rounding.Down<T>(double.MaxValue)));
}
