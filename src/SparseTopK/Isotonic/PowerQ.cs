namespace SparseTopK.Isotonic;

/// <summary>Any q &gt; 1: a block's value is found in the bracket of the values that it joins.</summary>
/// <remarks>A join costs a few passes over the block, so that a block of m entries costs O(m^2) in all.</remarks>
internal readonly ref struct PowerQ(TopKProblem problem) : IObjective<PowerBlock>
{
    private readonly TopKProblem _problem = problem;

    public PowerBlock Single(int i) => new(i, i + 1, _problem.Single(i));

    public PowerBlock Join(in PowerBlock left, in PowerBlock right)
    {
        var (low, high) = (Math.BitDecrement(left.Value), Math.BitIncrement(right.Value));
        var start = (right.End - right.Start) >= (left.End - left.Start) ? right.Value : left.Value;
        return new(left.Start, right.End, _problem.Root(left.Start, right.End, low, high, start));
    }
}

internal readonly record struct PowerBlock(int Start, int End, double Value) : IBlock;
