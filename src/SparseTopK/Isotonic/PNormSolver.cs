using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Solves a p-norm problem by the pooling that suits its exponent: block by block for q = 2 and q = 4, by halves for any other q.</summary>
internal static class PNormSolver
{
    /// <param name="scores">The u_i; on return the solution d_i.</param>
    /// <param name="weights">The w_i.</param>
    /// <param name="singles">The value of each entry by itself.</param>
    /// <param name="values">Scratch; as long as scores.</param>
    /// <param name="norm">The regularizer, of another p than 2: that is least squares.</param>
    /// <param name="constant">Of the equation.</param>
    /// <param name="rate">Of the equation.</param>
    /// <param name="ends">The blocks, or empty.</param>
    public static void Solve(
        Span<double> scores, ReadOnlySpan<double> weights, ReadOnlySpan<double> singles, Span<double> values, PNorm norm, double constant,
        double rate, Span<int> ends)
    {
        using var scratch = new Scratch<int>(scores.Length);
        var links = scratch.Take(scores.Length);
        switch (norm.ResponseExponent)
        {
            case 2:
                FindBlocks<SecondPower>(new(scores, weights, singles, default, 2, constant, rate), links, values);
                break;
            case 3:
                FindBlocks<ThirdPower>(new(scores, weights, singles, default, 3, constant, rate), links, values);
                break;
            case var a:
                FindBlocks<RealPower>(new(scores, weights, singles, new(a), a, constant, rate), links, values);
                break;
        }

        Spread(links, values, scores, ends);
    }

    /// <summary>Leaves at the first entry of each block its last in links, and its value in values.</summary>
    public static void FindBlocks<TPower>(PNormProblem<TPower> problem, Span<int> links, Span<double> values)
        where TPower : struct, IPower
    {
        if (typeof(TPower) == typeof(FirstPower))
        {
            Pool<TPower, QuadraticBlock>(problem, links, values);
        }
        else if (typeof(TPower) == typeof(ThirdPower))
        {
            Pool<TPower, QuarticBlock>(problem, links, values);
        }
        else
        {
            new PoolingByHalves<TPower>(problem, links, values).Solve();
        }
    }

    /// <summary>Pools block by block, then takes each value once more from the entries: the moments of wide blocks have lost digits.</summary>
    private static void Pool<TPower, TBlock>(PNormProblem<TPower> problem, Span<int> links, Span<double> values)
        where TPower : struct, IPower
        where TBlock : unmanaged, IMoments<TBlock>
    {
        using var scratch = new Scratch<TBlock>(problem.Scores.Length);
        var blocks = scratch.Take(problem.Scores.Length);
        blocks = blocks[..Pav.Solve(blocks.Length, new Moments<TPower, TBlock>(problem), blocks)];
        var (start, above) = (0, double.PositiveInfinity);
        foreach (var block in blocks)
        {
            var value = block.Value;
            if (block.End - start > 1)
            {
                var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
                foreach (var single in problem.Singles[start..block.End])
                {
                    (low, high) = (Math.Min(low, single), Math.Max(high, single));
                }

                value = problem.Root(start, block.End, low, high, Math.Clamp(value, low, high));
            }

            above = Math.Min(above, value);
            (links[start], values[start]) = (block.End - 1, above);
            start = block.End;
        }
    }

    /// <summary>Gives every entry the value of its block.</summary>
    private static void Spread(ReadOnlySpan<int> links, ReadOnlySpan<double> values, Span<double> solution, Span<int> ends)
    {
        var count = 0;
        for (var start = 0; start < links.Length; count++)
        {
            var end = links[start] + 1;
            solution[start..end].Fill(values[start]);
            if (!ends.IsEmpty)
            {
                ends[count] = end;
            }

            start = end;
        }

        if (!ends.IsEmpty)
        {
            ends[count..].Fill(ends.Length);
        }
    }
}
