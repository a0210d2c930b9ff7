using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>One thread's share of a short row, in its registers: the row is read once, whatever passes the search makes.</summary>
/// <remarks>The entries are fields and every loop over them is written out: an array would lie in local memory, which is memory of the device.</remarks>
internal struct HeldRow<T, TElement, TOperator>
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
{
    private double _0;
    private double _1;
    private double _2;
    private double _3;
    private double _4;
    private double _5;
    private double _6;
    private double _7;

    /// <summary>Entries rank, rank + size, ..., of a row; beyond its end an entry that is never chosen.</summary>
    public static HeldRow<T, TElement, TOperator> Load(ArrayView<T> row, int rank, int size) => new()
    {
        _0 = At(row, rank),
        _1 = At(row, rank + size),
        _2 = At(row, rank + (2 * size)),
        _3 = At(row, rank + (3 * size)),
        _4 = At(row, rank + (4 * size)),
        _5 = At(row, rank + (5 * size)),
        _6 = At(row, rank + (6 * size)),
        _7 = At(row, rank + (7 * size)),
    };

    /// <summary>This thread's part of the next pass of a search.</summary>
    public readonly Tally Pass<TPower>(in RootSearch search, Equation<TPower> equation)
        where TPower : struct, IScalarPower => search.Stage switch
        {
            SearchStage.Done => Tally.None,
            SearchStage.Survey => Show(new SurveyTally(equation.LeastKey)),
            SearchStage.Classify => Show(new ClassifyTally(search)),
            SearchStage.Seek => Show(new SeekTally(search.Low)),
            _ => Show(new EquationTally<TPower, PlainSum>(search, equation.Power)),
        };

    /// <summary>Writes the output of the entries, at their places.</summary>
    public readonly void Write<TPower>(ArrayView<T> destination, int rank, int size, Root root, TPower power)
        where TPower : struct, IScalarPower
    {
        var value = new RowValue<TOperator, TPower>(root, power);
        Put(destination, rank, value.Of(_0));
        Put(destination, rank + size, value.Of(_1));
        Put(destination, rank + (2 * size), value.Of(_2));
        Put(destination, rank + (3 * size), value.Of(_3));
        Put(destination, rank + (4 * size), value.Of(_4));
        Put(destination, rank + (5 * size), value.Of(_5));
        Put(destination, rank + (6 * size), value.Of(_6));
        Put(destination, rank + (7 * size), value.Of(_7));
    }

    private readonly Tally Show<TTally>(TTally tally)
        where TTally : struct, IKeyTally
    {
        tally.Add(TOperator.Key(_0));
        tally.Add(TOperator.Key(_1));
        tally.Add(TOperator.Key(_2));
        tally.Add(TOperator.Key(_3));
        tally.Add(TOperator.Key(_4));
        tally.Add(TOperator.Key(_5));
        tally.Add(TOperator.Key(_6));
        tally.Add(TOperator.Key(_7));
        return tally.Result;
    }

    private static double At(ArrayView<T> row, int place) =>
        place < row.IntLength ? default(TElement).Load(row[place]) : TOperator.Magnitude ? 0.0 : double.NegativeInfinity;

    private static void Put(ArrayView<T> destination, int place, double value)
    {
        if (place < destination.IntLength)
        {
            destination[place] = default(TElement).Round(value);
        }
    }
}
