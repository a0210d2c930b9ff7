using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>An entry of the output of a row from the root of the row, whatever kind of root it is.</summary>
internal readonly struct RowValue<TOperator, TPower>(Root root, TPower power)
    where TOperator : struct, ITopKOperator
    where TPower : struct, IScalarPower
{
    private readonly ScalarEntry<TOperator, TPower> _interior = new(root, power);

    public double Of(double x)
    {
        if (root.Kind == RootKind.Interior)
        {
            return _interior.Invoke(x);
        }

        return root.Kind == RootKind.Invalid ? double.NaN : TOperator.Key(x) >= root.Anchor ? TOperator.Whole(x) : 0.0;
    }
}
