using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>One thread's part of a pass over the keys of a row.</summary>
/// <remarks>A thread reads its share of the row; of those entries that the search leaves undecided it keeps the values in a column of the
/// same places, which later passes read instead. Columns need no other thread, and their order is always the same. A sample of the row is
/// kept there before.</remarks>
/// <param name="row">The row.</param>
/// <param name="columns">As long as the row, or empty: then every pass reads the row.</param>
/// <param name="share">What of both is this thread's.</param>
internal struct RowPass<T, TElement, TOperator>(ArrayView<T> row, ArrayView<T> columns, Share share)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
{
    /// <summary>How many undecided entries this thread keeps.</summary>
    public int Kept { get; set; }

    /// <summary>How many of its entries it left out of its column as saturated.</summary>
    public int Dropped { get; set; }

    public Tally Make<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        if (search.SampleSize > 0)
        {
            return search.Stage == SearchStage.Survey ? SurveySample(search.SampleSize, equation.LeastKey) : EvaluateSample(search, equation);
        }

        return search.Stage switch
        {
            SearchStage.Survey => Survey(equation.LeastKey),
            SearchStage.Classify => Classify(search, equation),
            SearchStage.Seek => Seek(search.Low),
            _ when search.ReadsRow != 0 || columns.Length == 0 => EvaluateRow(search, equation),
            _ => EvaluateColumn(search, equation),
        };
    }

    private static double Key(T value) => TOperator.Key(default(TElement).Load(value));

    private readonly Tally Survey(double leastKey)
    {
        var (count, smallest, largest) = (0.0, double.PositiveInfinity, double.NegativeInfinity);
        for (var j = 0; j < share.Length; j++)
        {
            var key = Key(row[share.Place(j)]);
            if (!IsAdmitted(key))
            {
                count = double.NaN;
            }
            else if (key > leastKey)
            {
                count++;
                smallest = Math.Min(smallest, key);
                largest = Math.Max(largest, key);
            }
        }

        return Tally.None with { Free = count, Smallest = smallest, Largest = largest };
    }

    private readonly Tally SurveySample(int sampleSize, double leastKey)
    {
        var (count, smallest, largest) = (0.0, double.PositiveInfinity, double.NegativeInfinity);
        for (var i = share.First; i < sampleSize; i += share.Stride)
        {
            var value = row[Sample.Place(i, sampleSize, row.IntLength)];
            columns[i] = value;
            var key = Key(value);
            if (IsAdmitted(key) && key > leastKey)
            {
                count++;
                smallest = Math.Min(smallest, key);
                largest = Math.Max(largest, key);
            }
        }

        return Tally.None with { Free = count, Smallest = smallest, Largest = largest };
    }

    private readonly Tally Classify<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        var inverse = 1 / search.Width;
        var (kept, inner, smallest, largest) = (0.0, 0.0, double.PositiveInfinity, double.NegativeInfinity);
        for (var j = 0; j < share.Length; j++)
        {
            var key = Key(row[share.Place(j)]);
            var v = (key - search.Anchor - search.Offset) * inverse;
            inner += IsInner(v) ? 1.0 : 0.0;
            kept += v >= 0.5 ? 1.0 : 0.0;
            smallest = v >= 0.5 ? Math.Min(smallest, key) : smallest;
            largest = v >= 0.5 ? largest : Math.Max(largest, key);
        }

        return Tally.None with { Saturated = kept, Inner = inner, Smallest = smallest, Largest = largest };
    }

    private readonly Tally Seek(double low)
    {
        var smallest = double.PositiveInfinity;
        for (var j = 0; j < (columns.Length > 0 ? Kept : share.Length); j++)
        {
            var key = Key(columns.Length > 0 ? columns[share.Place(j)] : row[share.Place(j)]);
            smallest = key > low ? Math.Min(smallest, key) : smallest;
        }

        return Tally.None with { Smallest = smallest };
    }

    private readonly Tally EvaluateSample<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        var sums = new Evaluation<TPower>(search, equation);
        for (var i = share.First; i < search.SampleSize; i += share.Stride)
        {
            var key = Key(columns[i]);
            if (IsAdmitted(key))
            {
                sums.Add(key);
            }
        }

        return sums.Tally;
    }

    /// <summary>Looks at the whole row, most of which is decided, and begins the column with the rest.</summary>
    private Tally EvaluateRow<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        var sums = new Evaluation<TPower>(search, equation);
        var (kept, dropped, largest) = (0, 0, double.NegativeInfinity);
        for (var j = 0; j < share.Length; j++)
        {
            var value = row[share.Place(j)];
            var key = Key(value);
            if (double.IsNaN(key) || key > search.Low)
            {
                if (!IsAdmitted(key))
                {
                    sums.Spoil();
                }
                else if (key >= search.Cut)
                {
                    dropped++;
                }
                else
                {
                    sums.Add(key);
                    largest = Math.Max(largest, key);
                    if (columns.Length > 0)
                    {
                        columns[share.Place(kept)] = value;
                        kept++;
                    }
                }
            }
        }

        (Kept, Dropped) = (kept, dropped);
        return sums.Tally with { Saturated = sums.Tally.Saturated + dropped, Largest = largest };
    }

    /// <summary>Looks at the column, and leaves in it what is still undecided.</summary>
    private Tally EvaluateColumn<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        var sums = new Evaluation<TPower>(search, equation);
        var (kept, dropped) = (0, Dropped);
        for (var j = 0; j < Kept; j++)
        {
            // No branch here would be foreseen: what is decided is summed too, for the last time.
            var value = columns[share.Place(j)];
            var key = Key(value);
            sums.Add(key);
            columns[share.Place(kept)] = value;
            dropped += key >= search.Cut ? 1 : 0;
            kept += key > search.Low && key < search.Cut ? 1 : 0;
        }

        var saturated = sums.Tally.Saturated + Dropped;
        (Kept, Dropped) = (kept, dropped);
        return sums.Tally with { Saturated = saturated };
    }

    private static bool IsAdmitted(double key) => !double.IsNaN(key) && key <= double.MaxValue;

    private static bool IsInner(double v) => v > NewtonBracket.Edge && v < 1 - NewtonBracket.Edge;

    /// <summary>The left side of the equation at one theta.</summary>
    private struct Evaluation<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        private readonly double _anchor = search.Anchor;
        private readonly double _offset = search.Offset;
        private readonly double _inverse = 1 / search.Width;
        private readonly TPower _power = equation.Power;
        private double _free;
        private double _lost;
        private double _slope;
        private double _saturated;
        private double _inner;
        private double _smallest = double.PositiveInfinity;

        public readonly Tally Tally => new(_free + _lost, _slope, _saturated, _inner, _smallest, double.NegativeInfinity);

        /// <summary>The row holds what the operator does not admit.</summary>
        public void Spoil() => _free = double.NaN;

        public void Add(double key)
        {
            var v = (key - _anchor - _offset) * _inverse;
            var isFull = v >= 1;
            var free = isFull ? 0.0 : Math.Max(v, 0);
            _smallest = v > 0 ? Math.Min(_smallest, key) : _smallest;
            _saturated += isFull ? 1.0 : 0.0;
            _inner += free * (1 - free) > NewtonBracket.Edge ? 1.0 : 0.0;
            _slope += _power.Slope(free);

            // A row may be long: what rounding takes from the sum is kept beside it.
            var term = _power.Raise(free);
            var sum = _free + term;
            var added = sum - _free;
            _lost += _free - (sum - added) + (term - added);
            _free = sum;
        }
    }
}
