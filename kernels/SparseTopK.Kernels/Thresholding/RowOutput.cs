using ILGPU;
using SparseTopK.Internals;
using SparseTopK.Kernels.Teams;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>One thread's share of the output of a row.</summary>
/// <param name="row">The row.</param>
/// <param name="destination">As long as the row; it may be the row itself.</param>
/// <param name="share">What of both is this thread's.</param>
internal readonly struct RowOutput<T, TElement, TOperator>(ArrayView<T> row, ArrayView<T> destination, Share share)
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
        for (var j = 0; j < share.Length; j++)
        {
            destination[share.Place(j)] = default(TElement).Round(entry.Invoke(default(TElement).Load(row[share.Place(j)])));
        }
    }

    private void WriteHard(double smallestKept)
    {
        for (var j = 0; j < share.Length; j++)
        {
            var x = default(TElement).Load(row[share.Place(j)]);
            destination[share.Place(j)] = default(TElement).Round(TOperator.Key(x) >= smallestKept ? TOperator.Whole(x) : 0.0);
        }
    }

    private void Fill(T value)
    {
        for (var j = 0; j < share.Length; j++)
        {
            destination[share.Place(j)] = value;
        }
    }
}
