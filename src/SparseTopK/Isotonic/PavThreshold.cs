using System.Buffers;
using SparseTopK.Thresholding;

namespace SparseTopK.Isotonic;

/// <summary>The threshold of a row by isotonic regression of its sorted keys: the value of the block that holds the k-th.</summary>
internal static class PavThreshold
{
    /// <summary>Scores beyond this many lambda decide nothing, and their powers stay finite.</summary>
    private const double Farthest = 1e60;

    /// <summary>Solves for more than k valid keys; sorts them.</summary>
    public static Root Solve(Span<double> keys, int k, Equation equation)
    {
        keys.Sort(static (a, b) => b.CompareTo(a));
        if (equation.IsGap(keys[k - 1], keys[k]))
        {
            return equation.Hard(keys[k - 1]);
        }

        var lambda = equation.Norm.Lambda;

        // Where gamma may be far below the k-th key it is its own best coordinate, and the anchor is 0.
        var anchor = equation.Magnitude && equation.Width(keys[k - 1]) > keys[k - 1] / 2 ? 0 : keys[k - 1];
        var scores = ArrayPool<double>.Shared.Rent(keys.Length);
        try
        {
            for (var i = 0; i < keys.Length; i++)
            {
                scores[i] = Math.Clamp((keys[i] - anchor) / lambda, -Farthest, Farthest);
            }

            var problem = new TopKProblem(keys, scores.AsSpan(0, keys.Length), k, anchor, equation);
            var block = equation.Norm.ResponseExponent switch
            {
                1 => BlockOf<Quadratic, QuadraticBlock>(new(problem), keys.Length, k - 1),
                3 => BlockOf<Quartic, QuarticBlock>(new(problem), keys.Length, k - 1),
                _ => BlockOf<PowerQ, PowerBlock>(new(problem), keys.Length, k - 1),
            };
            return FromBlock(keys, scores.AsSpan(0, keys.Length), k, block, anchor, equation);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(scores);
        }
    }

    private static (int Start, int End, double Value) BlockOf<TObjective, TBlock>(TObjective objective, int n, int entry)
        where TObjective : IObjective<TBlock>, allows ref struct
        where TBlock : unmanaged, IBlock
    {
        var pool = ArrayPool<TBlock>.Shared.Rent(n);
        var blocks = pool.AsSpan(0, Pav.Solve<TObjective, TBlock>(n, objective, pool));
        var index = 0;
        while (blocks[index].End <= entry)
        {
            index++;
        }

        var found = (index == 0 ? 0 : blocks[index - 1].End, blocks[index].End, blocks[index].Value);
        ArrayPool<TBlock>.Shared.Return(pool);
        return found;
    }

    /// <summary>The root, its last digits from the members of the block themselves.</summary>
    private static Root FromBlock(
        ReadOnlySpan<double> keys, ReadOnlySpan<double> scores, int k, (int Start, int End, double Value) block, double anchor, Equation equation)
    {
        var lambda = equation.Norm.Lambda;
        var value = block.Value;
        var (low, high) = anchor == 0 && equation.Magnitude ? (0, keys[k - 1] / lambda) : (-equation.Width(anchor) / lambda, 0.0);
        var problem = new TopKProblem(keys, scores, k, anchor, equation);
        var (start, end) = (block.Start, block.End);
        while (true)
        {
            var d = problem.Root(start, end, low, high, Math.Clamp(value, low, high));
            var offset = anchor == 0 && equation.Magnitude ? Math.Max(lambda * d, double.Epsilon) : lambda * d;
            var width = equation.Width(anchor + offset);

            // A block of values far apart may have been pooled with too few digits: its neighbours are asked again.
            if (end < keys.Length && keys[end] - anchor > offset)
            {
                end++;
            }
            else if (start > 0 && keys[start - 1] - anchor - offset < width)
            {
                start--;
            }
            else
            {
                return Root.Interior(anchor, offset, width);
            }
        }
    }
}
