using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Pooling for objectives whose blocks have no summary: the two halves of a stretch are solved, then joined by one root.</summary>
/// <remarks>Where two solved halves violate each other, one block forms across the boundary. At its value g it holds those blocks of
/// the left half that are below g and those of the right half that are above g; both are neighbours of the boundary, and the sum
/// that g balances decreases in g. O(n log n) evaluations at the worst, and O(n) where few entries are pooled.</remarks>
internal readonly ref struct PoolingByHalves<TPower>(PNormProblem<TPower> problem, Span<int> links, Span<double> values)
    where TPower : struct, IPower
{
    private readonly PNormProblem<TPower> _problem = problem;

    /// <summary>At the first entry of a block its last, and at its last its first.</summary>
    private readonly Span<int> _links = links;

    /// <summary>At the first entry of a block its value.</summary>
    private readonly Span<double> _values = values;

    /// <summary>Leaves the ends of the blocks in links and their values in values, at the first entry of each block.</summary>
    public void Solve()
    {
        var n = _problem.Scores.Length;
        _problem.Singles.CopyTo(_values);
        for (var i = 0; i < n; i++)
        {
            _links[i] = i;
        }

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
        var (left, right) = (_links[middle - 1], middle);
        var (low, high) = (_values[left], _values[right]);
        if (!(low < high))
        {
            return;
        }

        var (before, after) = (middle - left, _links[right] + 1 - right);
        var seam = new Seam(this, start, middle, end);
        var value = SafeguardedNewton.Root(seam, low, high, low + ((high - low) * ((double)after / (before + after))));
        var (first, last) = seam.Pooled(value);
        (_links[first], _links[last - 1], _values[first]) = (last - 1, first, value);
    }

    /// <summary>The block that forms across a boundary, as a function of its value.</summary>
    private readonly ref struct Seam(PoolingByHalves<TPower> pooling, int start, int middle, int end) : IDecreasing
    {
        private readonly PoolingByHalves<TPower> _pooling = pooling;

        public (double Residual, double Slope, double Noise) Evaluate(double d)
        {
            var (first, last) = Pooled(d);
            return _pooling._problem.Evaluate(first, last, d);
        }

        /// <summary>The entries [first, last) that are pooled where the block has the value d.</summary>
        public (int First, int Last) Pooled(double d)
        {
            var links = _pooling._links;
            var values = _pooling._values;
            var (first, last) = (links[middle - 1], links[middle] + 1);
            while (first > start && values[links[first - 1]] < d)
            {
                first = links[first - 1];
            }

            while (last < end && values[last] > d)
            {
                last = links[last] + 1;
            }

            return (first, last);
        }
    }
}
