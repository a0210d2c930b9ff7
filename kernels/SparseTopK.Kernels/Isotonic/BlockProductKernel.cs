using ILGPU;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Teams;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>Products with the Jacobians of isotonic regressions, a thread for each row.</summary>
internal static class BlockProductKernel
{
    /// <param name="x">The rows.</param>
    /// <param name="v">The solution.</param>
    /// <param name="blockEnds">Its blocks.</param>
    /// <param name="direction">The cotangent, or the tangent where it is the JVP.</param>
    /// <param name="n">The entries of a row.</param>
    /// <param name="weights">n of them, or as many as x, or none.</param>
    /// <param name="weightStep">From the weights of a row to those of the next.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="isForward">Not 0 for the JVP.</param>
    /// <param name="destination">The product.</param>
    public static void Run<T, TElement, TTerm, TBlock>(
        ArrayView<T> x, ArrayView<T> v, ArrayView<int> blockEnds, ArrayView<T> direction, int n, ArrayView<T> weights, int weightStep,
        IsotonicObjective objective, int isForward, ArrayView<T> destination)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var rows = (int)(x.Length / n);
        for (var r = ThreadTeam.FirstRow; r < rows; r += ThreadTeam.RowStep)
        {
            var offset = (long)r * n;
            var row = new RowEntries<T, TElement>(x.SubView(offset, n), weights.Length > 0 ? weights.SubView((long)r * weightStep, n) : weights);
            var part = new BlockProduct<T, TElement>(v.SubView(offset, n), direction.SubView(offset, n), destination.SubView(offset, n), isForward);
            var ends = blockEnds.SubView(offset, n);
            var survey = row.Survey(objective.Term);
            var term = TTerm.Of(objective, IsotonicOrder.Decreasing, survey.LargestSize, survey.Weight);
            var (start, block, isValid) = (0, 0, !survey.IsSpoiled);
            while (start < n && isValid)
            {
                // Ends that are no certificate are not followed.
                var end = ends[block];
                isValid = end > start && end <= n;
                if (isValid)
                {
                    part.Apply<RowEntries<T, TElement>, TTerm, TBlock>(row, term, start, end);
                    (start, block) = (end, block + 1);
                }
            }

            if (!isValid)
            {
                part.Fill(double.NaN, n);
            }
        }
    }
}

/// <summary>The product of one row.</summary>
internal readonly struct BlockProduct<T, TElement>(ArrayView<T> v, ArrayView<T> direction, ArrayView<T> destination, int isForward)
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    /// <summary>In the block [start, end): sum of share_j d_j; transposed, share_i times the sum of d_j; share_i = c_i/(sum of c_j + E).</summary>
    public void Apply<TEntries, TTerm, TBlock>(TEntries row, TTerm term, int start, int end)
        where TEntries : struct, IEntries
        where TTerm : struct, IRegressionTerm<TTerm, TBlock>
        where TBlock : unmanaged, IValued
    {
        var value = term.Enter(row, start, end, default(TElement).Load(v[start]));
        var (total, plain, weighted) = (0.0, 0.0, 0.0);
        for (var i = start; i < end; i++)
        {
            var d = default(TElement).Load(direction[i]);
            var slope = term.Slope(row.Value(i), row.Weight(i), value);
            total += slope + (term.Rate * row.Weight(i));
            plain += d;
            weighted += slope * d;
        }

        // A block in which all of them are 0 shares equally.
        var isFlat = !double.IsNaN(total) && total <= 0;
        var size = (double)(end - start);
        for (var i = start; i < end; i++)
        {
            var slope = isForward != 0 || isFlat ? 0.0 : term.Slope(row.Value(i), row.Weight(i), value);
            var product = isFlat ? plain / size
                : isForward != 0 ? weighted / total
                : plain * (slope / total);
            destination[i] = default(TElement).Store(product);
        }
    }

    public void Fill(double value, int n)
    {
        for (var i = 0; i < n; i++)
        {
            destination[i] = default(TElement).Store(value);
        }
    }
}
