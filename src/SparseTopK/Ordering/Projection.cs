using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Ordering;

/// <summary>The projection of a sorted row on the permutahedron of decreasing weights.</summary>
internal static class Projection
{
    /// <summary>Quadratic or entropic: y = s - v with s = scores * scale, v = A(s) - A(w) over each block.</summary>
    /// <param name="scores">Decreasing.</param>
    /// <param name="scale">1/lambda.</param>
    /// <param name="weights">Decreasing.</param>
    /// <param name="y">As long as scores.</param>
    /// <param name="ends">The blocks; as long as scores.</param>
    public static void Solve<TAggregate>(ReadOnlySpan<double> scores, double scale, ReadOnlySpan<double> weights, Span<double> y, Span<int> ends)
        where TAggregate : struct, IAggregate
    {
        using var scratch = new Scratch<AggregateBlock>(scores.Length);
        var blocks = scratch.Take(scores.Length);
        var count = Pav.Solve(scores.Length, new AggregateObjective<TAggregate>(scores, scale, weights), blocks);
        var start = 0;
        for (var b = 0; b < count; b++)
        {
            var block = blocks[b];
            for (var i = start; i < block.End; i++)
            {
                y[i] = block.At(scores[i], scale);
            }

            ends[b] = block.End;
            Confine(y, weights, start, block.End);
            start = block.End;
        }

        ends[count..].Fill(ends.Length);
    }

    /// <summary>Any p: y = ((s - v)/lambda)^a, v the isotonic regression with the linear term.</summary>
    public static void Solve(ReadOnlySpan<double> scores, ReadOnlySpan<double> weights, PNorm norm, Span<double> y, Span<int> ends)
    {
        if (norm.ResponseExponent == 1)
        {
            Solve<Mean>(scores, Math.Min(1 / norm.Lambda, double.MaxValue), weights, y, ends);
            return;
        }

        var widest = Shift(weights[0], norm) - Shift(weights[^1], norm);
        var (start, count) = (0, 0);
        while (start < scores.Length)
        {
            // Neighbours that stand this far apart are never pooled. What lies between is solved from its own first entry.
            var end = start + 1;
            while (end < scores.Length && (scores[end - 1] - scores[end]) / norm.Lambda < widest)
            {
                end++;
            }

            count += SolveCluster(scores[start..end], weights[start..end], norm, y[start..end], ends[count..], start);
            start = end;
        }

        ends[count..].Fill(ends.Length);
    }

    /// <summary>Solves for scores that are close; writes the ends of the blocks and returns their number.</summary>
    private static int SolveCluster(
        ReadOnlySpan<double> scores, ReadOnlySpan<double> weights, PNorm norm, Span<double> y, Span<int> ends, int offset)
    {
        var n = scores.Length;
        if (n == 1)
        {
            (y[0], ends[0]) = (weights[0], offset + 1);
            return 1;
        }

        using var numbers = new Scratch<double>(3 * n);
        using var places = new Scratch<int>(n);
        var d = numbers.Take(n);
        var singles = numbers.Take(n);
        var blocks = places.Take(n);
        for (var i = 0; i < n; i++)
        {
            d[i] = (scores[i] - scores[0]) / norm.Lambda;
            singles[i] = d[i] - Shift(weights[i], norm);
        }

        PNormSolver.Solve(d, weights, singles, numbers.Take(n), norm, 1, 0, blocks);
        var (start, count) = (0, 0);
        while (start < n)
        {
            var end = blocks[count];
            for (var i = start; i < end; i++)
            {
                y[i] = end - start == 1 ? weights[i] : norm.Respond(((scores[i] - scores[0]) / norm.Lambda) - d[i]);
            }

            ends[count++] = offset + end;
            Confine(y, weights, start, end);
            start = end;
        }

        return count;
    }

    /// <summary>R'(w)/lambda: how far an entry that keeps its weight stands above its value.</summary>
    private static double Shift(double weight, PNorm norm) => Math.CopySign(norm.Root(Math.Abs(weight)), weight);

    /// <summary>Takes from a block what rounding put outside of its weights or out of order.</summary>
    private static void Confine(Span<double> y, ReadOnlySpan<double> weights, int start, int end)
    {
        var above = weights[start];
        for (var i = start; i < end; i++)
        {
            above = Math.Min(above, y[i]);
            y[i] = above = Math.Max(above, weights[end - 1]);
        }
    }
}
