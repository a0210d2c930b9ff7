using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>One thread's part of a pass over the keys of a row in memory.</summary>
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
            return search.Stage == SearchStage.Survey
                ? DrawSample(search.SampleSize, new(equation.LeastKey))
                : ShowSample(search.SampleSize, new EquationTally<TPower, CompensatedSum>(search, equation.Power));
        }

        return search.Stage switch
        {
            SearchStage.Survey => ShowRow(new SurveyTally(equation.LeastKey)),
            SearchStage.Classify => ShowRow(new ClassifyTally(search)),
            SearchStage.Seek => Seek(new(search.Low)),
            _ when search.ReadsRow != 0 || columns.Length == 0 => EvaluateRow(search, new EquationTally<TPower, CompensatedSum>(search, equation.Power)),
            _ => EvaluateColumn(search, new EquationTally<TPower, CompensatedSum>(search, equation.Power)),
        };
    }

    private static double Key(T value) => TOperator.Key(default(TElement).Load(value));

    private readonly Tally ShowRow<TTally>(TTally tally)
        where TTally : struct, IKeyTally
    {
        for (var j = 0; j < share.Length; j++)
        {
            tally.Add(Key(row[share.Place(j)]));
        }

        return tally.Result;
    }

    private readonly Tally DrawSample(int sampleSize, SurveyTally tally)
    {
        for (var i = share.First; i < sampleSize; i += share.Stride)
        {
            var value = row[Sample.Place(i, sampleSize, row.IntLength)];
            columns[i] = value;
            Show(Key(value), ref tally);
        }

        return tally.Result;
    }

    private readonly Tally ShowSample<TTally>(int sampleSize, TTally tally)
        where TTally : struct, IKeyTally
    {
        for (var i = share.First; i < sampleSize; i += share.Stride)
        {
            Show(Key(columns[i]), ref tally);
        }

        return tally.Result;
    }

    /// <summary>A sample says nothing of entries that the operator does not admit: the pass over the row finds them.</summary>
    private static void Show<TTally>(double key, ref TTally tally)
        where TTally : struct, IKeyTally
    {
        if (SurveyTally.IsAdmitted(key))
        {
            tally.Add(key);
        }
    }

    private readonly Tally Seek(SeekTally tally)
    {
        for (var j = 0; j < (columns.Length > 0 ? Kept : share.Length); j++)
        {
            tally.Add(Key(columns.Length > 0 ? columns[share.Place(j)] : row[share.Place(j)]));
        }

        return tally.Result;
    }

    /// <summary>Looks at the whole row, most of which is decided, and begins the column with the rest.</summary>
    private Tally EvaluateRow<TPower>(in RootSearch search, EquationTally<TPower, CompensatedSum> sums)
        where TPower : struct, IScalarPower
    {
        var (kept, dropped, largest) = (0, 0, double.NegativeInfinity);
        for (var j = 0; j < share.Length; j++)
        {
            var value = row[share.Place(j)];
            var key = Key(value);
            if (double.IsNaN(key) || key > search.Low)
            {
                if (!SurveyTally.IsAdmitted(key))
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
        return sums.Result with { Saturated = sums.Result.Saturated + dropped, Largest = largest };
    }

    /// <summary>Looks at the column, and leaves in it what is still undecided.</summary>
    private Tally EvaluateColumn<TPower>(in RootSearch search, EquationTally<TPower, CompensatedSum> sums)
        where TPower : struct, IScalarPower
    {
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

        var saturated = sums.Result.Saturated + Dropped;
        (Kept, Dropped) = (kept, dropped);
        return sums.Result with { Saturated = saturated };
    }
}
