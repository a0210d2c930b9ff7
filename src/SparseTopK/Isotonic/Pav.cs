namespace SparseTopK.Isotonic;

/// <summary>What pooling needs of an objective sum_i f_i(v_i): which neighbours violate the order, and how blocks join.</summary>
internal interface IObjective<TBlock>
    where TBlock : struct, IBlock
{
    /// <summary>The block of entry i alone.</summary>
    TBlock Single(int i);

    /// <summary>Whether the minimiser over the left block is below the one over its right neighbour.</summary>
    bool Violates(in TBlock left, in TBlock right);

    /// <summary>The block of two neighbours.</summary>
    TBlock Join(in TBlock left, in TBlock right);
}

/// <summary>A run of entries that share one value.</summary>
internal interface IBlock
{
    /// <summary>The entry after the last one.</summary>
    int End { get; }
}

/// <summary>A block whose value is one number.</summary>
internal interface IValued : IBlock
{
    /// <summary>The minimiser over the block.</summary>
    double Value { get; }
}

/// <summary>Pool adjacent violators: argmin of sum_i f_i(v_i) over v_1 &gt;= ... &gt;= v_n, for convex f_i.</summary>
/// <remarks>Exact. Each entry is joined at most once: O(n) joins. Source: Ayer et al. 1955; Best, Chakravarti and Ubhaya 2000.</remarks>
internal static class Pav
{
    /// <summary>Writes the blocks of the solution, in order, and returns their number.</summary>
    /// <param name="n">The number of entries.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="blocks">At least n long.</param>
    public static int Solve<TObjective, TBlock>(int n, TObjective objective, Span<TBlock> blocks)
        where TObjective : IObjective<TBlock>, allows ref struct
        where TBlock : struct, IBlock
    {
        var count = 0;
        for (var i = 0; i < n; i++)
        {
            var block = objective.Single(i);
            while (count > 0 && objective.Violates(blocks[count - 1], block))
            {
                block = objective.Join(blocks[--count], block);
            }

            blocks[count++] = block;
        }

        return count;
    }
}
