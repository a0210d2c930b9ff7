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
        var value = new RowValue<TOperator, TPower>(root, power);
        for (var j = 0; j < share.Length; j++)
        {
            destination[share.Place(j)] = default(TElement).Round(value.Of(default(TElement).Load(row[share.Place(j)])));
        }
    }
}
