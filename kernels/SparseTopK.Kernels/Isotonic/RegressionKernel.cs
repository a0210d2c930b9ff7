using ILGPU;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Isotonic regression of each row by pooling adjacent violators, a thread for each.</summary>
internal static class RegressionKernel
{
    /// <param name="x">The rows.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">n of them, or as many as x, or none.</param>
    /// <param name="weightStep">From the weights of a row to those of the next.</param>
    /// <param name="objective">What is minimised.</param>
    /// <param name="order">Which way v runs.</param>
    /// <param name="stacks">n blocks for each thread.</param>
    /// <param name="stride">See <see cref="Cells{T}"/>.</param>
    /// <param name="destination">v.</param>
    /// <param name="blockEnds">The blocks, or none.</param>
    public static void Run<T, TElement, TTerm, TBlock>(
        ArrayView<T> x, int n, ArrayView<T> weights, int weightStep, IsotonicObjective objective, IsotonicOrder order,
        ArrayView<TBlock> stacks, int stride, ArrayView<T> destination, ArrayView<int> blockEnds)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var rows = (int)(x.Length / n);
        for (var r = ThreadTeam.FirstRow; r < rows; r += ThreadTeam.RowStep)
        {
            var start = (long)r * n;
            var row = new RowEntries<T, TElement>(x.SubView(start, n), weights.Length > 0 ? weights.SubView((long)r * weightStep, n) : weights);
            var target = destination.SubView(start, n);
            var ends = blockEnds.Length > 0 ? blockEnds.SubView(start, n) : blockEnds;
            var survey = row.Survey(objective.Term);
            var count = 0;
            if (survey.IsSpoiled)
            {
                for (var i = 0; i < n; i++)
                {
                    target[i] = default(TElement).Store(double.NaN);
                }
            }
            else
            {
                var term = TTerm.Of(objective, order, survey.LargestSize, survey.Weight);
                var stack = Cells<TBlock>.Of(stacks, ThreadTeam.FirstRow, n, stride);
                count = Pool(row, n, term, stack);
                Write<T, TElement, TTerm, TBlock>(row, count, term, stack, target, ends);
            }

            for (var i = count; i < ends.IntLength; i++)
            {
                ends[i] = survey.IsSpoiled && i == 0 ? 0 : n;
            }
        }
    }

    /// <summary>Leaves the blocks in the stack, in order, and returns their number.</summary>
    private static int Pool<TEntries, TTerm, TBlock>(TEntries row, int n, TTerm term, Cells<TBlock> stack)
        where TEntries : struct, IEntries
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var count = 0;
        for (var i = 0; i < n; i++)
        {
            var block = term.Single(i + 1, row.Value(i), row.Weight(i));
            while (count > 0)
            {
                var left = stack[count - 1];
                if (left.Value >= block.Value)
                {
                    break;
                }

                block = term.Join(left, block);
                count--;
            }

            stack[count] = block;
            count++;
        }

        return count;
    }

    private static void Write<T, TElement, TTerm, TBlock>(
        RowEntries<T, TElement> row, int count, TTerm term, Cells<TBlock> stack, ArrayView<T> target, ArrayView<int> ends)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var (start, above) = (0, double.PositiveInfinity);
        for (var b = 0; b < count; b++)
        {
            var block = stack[b];
            above = Math.Min(above, term.Polish(row, start, block));
            var value = default(TElement).Store(term.Leave(above));
            for (var i = start; i < block.End; i++)
            {
                target[i] = value;
            }

            if (ends.Length > 0)
            {
                ends[b] = block.End;
            }

            start = block.End;
        }
    }
}

/// <summary>A row in device memory; weights are all 1 where there are none.</summary>
internal readonly struct RowEntries<T, TElement>(ArrayView<T> x, ArrayView<T> weights) : IEntries
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    public double Value(int i) => default(TElement).Load(x[i]);

    public double Weight(int i) => weights.Length > 0 ? default(TElement).Load(weights[i]) : 1.0;

    /// <summary>What lies in the row; spoiled where x or a weight is not admitted.</summary>
    public RowSurvey Survey(IsotonicTerm term)
    {
        var survey = RowSurvey.None;
        for (var i = 0; i < x.IntLength; i++)
        {
            var (value, weight) = (Value(i), Weight(i));
            var isAdmitted = RowSurvey.IsFinite(value) && RowSurvey.IsFinite(weight)
                && (term == IsotonicTerm.Linear || (term == IsotonicTerm.None ? weight > 0 : weight >= 0));
            survey = isAdmitted ? survey.And(value, weight) : RowSurvey.Spoiled;
        }

        return survey;
    }
}
