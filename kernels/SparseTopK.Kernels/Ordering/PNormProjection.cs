using SparseTopK.Internals;
using SparseTopK.Kernels.Isotonic;
using SparseTopK.Ordering;

namespace SparseTopK.Kernels.Ordering;

/// <summary>A p-norm of any p but 2: y = ((s - v)/lambda)^a, v by pooling halves.</summary>
/// <param name="lambda">The strength.</param>
/// <param name="exponent">a.</param>
/// <param name="power">Its power.</param>
internal readonly struct PNormProjection<TPower>(double lambda, double exponent, TPower power) : IOrderedProjection<HalvesCell>
    where TPower : unmanaged, IScalarPower
{
    public void Solve<T, TElement, TRow>(TRow row, int start, int end, Cells<HalvesCell> cells, ref OrderedOutput<T, TElement> output)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IScores
    {
        var widest = Shift(row.Weight(start)) - Shift(row.Weight(end - 1));
        while (start < end)
        {
            // Neighbours that stand this far apart are never pooled. What lies between is solved from its own first entry.
            var next = start + 1;
            while (next < end && (row.Score(next - 1) - row.Score(next)) / lambda < widest)
            {
                next++;
            }

            SolveCluster(new ClusterRow<TRow>(row, start, lambda), start, next, cells, ref output);
            start = next;
        }
    }

    public double Share<TRow>(TRow row, int start, int end)
        where TRow : struct, IScores => Shares.Of<Mean, TRow>(row, start, end);

    private void SolveCluster<T, TElement, TRow>(
        ClusterRow<TRow> row, int start, int end, Cells<HalvesCell> cells, ref OrderedOutput<T, TElement> output)
        where T : unmanaged
        where TElement : struct, IElement<T>
        where TRow : struct, IScores
    {
        for (var i = start; i < end; i++)
        {
            cells[i - start] = new(row.Score(i) - Shift(row.Weight(i)), i - start);
        }

        new CellPooling<TPower, ClusterRow<TRow>>(row, start, cells, power, exponent).Solve(end - start);
        var first = start;
        while (first < end)
        {
            var cell = cells[first - start];
            var last = start + cell.Link;
            var (above, below) = (row.Weight(first), row.Weight(last));
            for (var i = first; i <= last; i++)
            {
                var y = last == first ? below : Respond(row.Score(i) - cell.Value);
                above = Math.Max(Math.Min(above, y), below);
                output.Put(i, above);
            }

            output.EndBlock(last + 1);
            first = last + 1;
        }
    }

    /// <summary>R'(w)/lambda: how far an entry that keeps its weight stands above its value.</summary>
    private double Shift(double weight) => weight < 0 ? -power.Root(-weight) : power.Root(weight);

    /// <summary>sign(u) |u|^a.</summary>
    private double Respond(double u) => u < 0 ? -power.Raise(-u) : power.Raise(u);
}

/// <summary>The entries of a row from a first one on, in units of lambda from that.</summary>
internal readonly struct ClusterRow<TRow>(TRow row, int start, double lambda) : IScores
    where TRow : struct, IScores
{
    public double Score(int i) => (row.Score(i) - row.Score(start)) / lambda;

    public double Weight(int i) => row.Weight(i);
}
