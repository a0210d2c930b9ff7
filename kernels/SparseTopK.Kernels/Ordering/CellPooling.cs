using SparseTopK.Internals;
using SparseTopK.Isotonic;
using SparseTopK.Kernels.Isotonic;

namespace SparseTopK.Kernels.Ordering;

/// <summary>An entry of a solution by halves.</summary>
/// <param name="Value">At the first entry of a block its value.</param>
/// <param name="Link">At the first entry of a block its last, and at its last its first.</param>
internal readonly record struct HalvesCell(double Value, int Link);

/// <summary>The core's PoolingByHalves on cells of a device: see there.</summary>
/// <param name="row">The u_i and w_i of the equation, whose constant is 1 and whose rate is 0.</param>
/// <param name="offset">The entry of the row that cell 0 stands for.</param>
/// <param name="cells">At the start each entry by itself, with its own value; on return the blocks.</param>
/// <param name="power">The power.</param>
/// <param name="exponent">a.</param>
internal readonly struct CellPooling<TPower, TRow>(TRow row, int offset, Cells<HalvesCell> cells, TPower power, double exponent)
    where TPower : unmanaged, IScalarPower
    where TRow : struct, IScores
{
    public void Solve(int n)
    {
        for (var width = 1L; width < n; width *= 2)
        {
            for (var start = 0L; start + width < n; start += 2 * width)
            {
                Join((int)start, (int)(start + width), (int)Math.Min(start + (2 * width), n));
            }
        }
    }

    /// <summary>Joins the solutions of [start, middle) and [middle, end).</summary>
    private void Join(int start, int middle, int end)
    {
        var target = cells;
        var (left, right) = (target[middle - 1].Link, middle);
        var (low, high) = (target[left].Value, target[right].Value);
        if (!(low < high))
        {
            return;
        }

        var (before, after) = ((double)(middle - left), (double)(target[right].Link + 1 - right));
        var seam = new CellSeam<TPower, TRow>(row, offset, target, power, exponent, start, middle, end);
        var value = SafeguardedNewton.Root(seam, low, high, low + ((high - low) * (after / (before + after))));
        var first = seam.First(value);
        var last = seam.End(value) - 1;
        target[last] = new(target[last].Value, first);
        target[first] = new(value, last);
    }
}

/// <summary>The block that forms across a boundary, as a function of its value.</summary>
internal readonly struct CellSeam<TPower, TRow>(
    TRow row, int offset, Cells<HalvesCell> cells, TPower power, double exponent, int start, int middle, int end) : IDecreasing
    where TPower : unmanaged, IScalarPower
    where TRow : struct, IScores
{
    public (double Residual, double Slope, double Noise) Evaluate(double d) =>
        new BlockEquation<TPower, TRow>(row, offset + First(d), offset + End(d), power, exponent, 1, 0).Evaluate(d);

    /// <summary>The first entry that is pooled where the block has the value d.</summary>
    public int First(double d)
    {
        var first = cells[middle - 1].Link;
        while (first > start && cells[cells[first - 1].Link].Value < d)
        {
            first = cells[first - 1].Link;
        }

        return first;
    }

    /// <summary>The entry after the last that is.</summary>
    public int End(double d)
    {
        var last = cells[middle].Link + 1;
        while (last < end && cells[last].Value > d)
        {
            last = cells[last].Link + 1;
        }

        return last;
    }
}
