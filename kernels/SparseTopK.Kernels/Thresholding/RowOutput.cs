using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>One thread's part of the output of a row: entries rank, rank + size, ...</summary>
/// <param name="row">The row.</param>
/// <param name="destination">As long as the row; it may be the row itself.</param>
/// <param name="rank">The thread's number,</param>
/// <param name="size">of so many.</param>
internal readonly struct RowOutput<T, TElement, TOperator>(ArrayView<T> row, ArrayView<T> destination, int rank, int size)
    where T : unmanaged
    where TElement : struct, IElement<T>
    where TOperator : struct, ITopKOperator
{
    public void Write<TPower>(Root root, TPower power)
        where TPower : struct, IScalarPower
    {
        if (root.Kind == RootKind.Interior)
        {
            WriteInterior(new ScalarEntry<TOperator, TPower>(root, power));
        }
        else if (root.Kind == RootKind.Hard)
        {
            WriteHard(root.Anchor);
        }
        else
        {
            Fill(default(TElement).Round(double.NaN));
        }
    }

    private void WriteInterior<TPower>(ScalarEntry<TOperator, TPower> entry)
        where TPower : struct, IScalarPower
    {
        for (var i = rank; i < row.IntLength; i += size)
        {
            destination[i] = default(TElement).Round(entry.Invoke(default(TElement).Load(row[i])));
        }
    }

    private void WriteHard(double smallestKept)
    {
        for (var i = rank; i < row.IntLength; i += size)
        {
            var x = default(TElement).Load(row[i]);
            destination[i] = default(TElement).Round(TOperator.Key(x) >= smallestKept ? TOperator.Whole(x) : 0.0);
        }
    }

    private void Fill(T value)
    {
        for (var i = rank; i < row.IntLength; i += size)
        {
            destination[i] = value;
        }
    }
}
