using System.Numerics;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The core, in the memory of CPU tensors: ranks, sorts and isotonic regression.</summary>
internal sealed partial class CorePath
{
    public (Tensor Y, Tensor Permutation, Tensor Blocks) Order(Tensor x, OrderArguments arguments)
    {
        var y = empty_like(x);
        var (permutation, blocks) = (empty_like(x, ScalarType.Int32), empty_like(x, ScalarType.Int32));
        if (x.dtype == ScalarType.Float32)
        {
            Order<float>(x, arguments, y, permutation, blocks);
        }
        else
        {
            Order<double>(x, arguments, y, permutation, blocks);
        }

        return (y, permutation, blocks);
    }

    public Tensor OrderVjp(Tensor x, Tensor permutation, Tensor blocks, Tensor g, OrderArguments arguments)
    {
        var (cotangent, gradient) = (g.Dense(), empty_like(x));
        if (x.dtype == ScalarType.Float32)
        {
            OrderVjp<float>(x, permutation, blocks, cotangent, arguments, gradient);
        }
        else
        {
            OrderVjp<double>(x, permutation, blocks, cotangent, arguments, gradient);
        }

        return gradient;
    }

    public (Tensor V, Tensor Blocks, Tensor? Values) Regress(Tensor x, Tensor? weights, RegressionArguments arguments)
    {
        var (v, blocks) = (empty_like(x), empty_like(x, ScalarType.Int32));
        if (x.dtype == ScalarType.Float32)
        {
            Regress<float>(x, weights, arguments, v, blocks);
        }
        else
        {
            Regress<double>(x, weights, arguments, v, blocks);
        }

        return (v, blocks, null);
    }

    public Tensor RegressVjp(
        Tensor x, Tensor v, Tensor? weights, Tensor blocks, Tensor? values, Tensor g, RegressionArguments arguments)
    {
        var (cotangent, gradient) = (g.Dense(), empty_like(x));
        if (x.dtype == ScalarType.Float32)
        {
            RegressVjp<float>(x, v, weights, blocks, cotangent, arguments, gradient);
        }
        else
        {
            RegressVjp<double>(x, v, weights, blocks, cotangent, arguments, gradient);
        }

        return gradient;
    }

    private static void Order<T>(Tensor x, OrderArguments a, Tensor y, Tensor permutation, Tensor blocks)
        where T : unmanaged, INumberBase<T>
    {
        if (a.IsRank)
        {
            SoftRank.Forward<T>(x.Span<T>(), a.N, a.Order, y.Span<T>(), permutation.Span<int>(), blocks.Span<int>());
        }
        else
        {
            SoftSort.Forward<T>(x.Span<T>(), a.N, a.Order, y.Span<T>(), permutation.Span<int>(), blocks.Span<int>());
        }
    }

    private static void OrderVjp<T>(Tensor x, Tensor permutation, Tensor blocks, Tensor g, OrderArguments a, Tensor gradient)
        where T : unmanaged, INumberBase<T>
    {
        if (a.IsRank)
        {
            SoftRank.Vjp<T>(x.Span<T>(), permutation.Span<int>(), blocks.Span<int>(), g.Span<T>(), a.N, a.Order, gradient.Span<T>());
        }
        else
        {
            SoftSort.Vjp<T>(x.Span<T>(), permutation.Span<int>(), blocks.Span<int>(), g.Span<T>(), a.N, a.Order, gradient.Span<T>());
        }
    }

    private static void Regress<T>(Tensor x, Tensor? w, RegressionArguments a, Tensor v, Tensor blocks)
        where T : unmanaged, INumberBase<T> =>
        IsotonicRegression.Forward<T>(
            x.Span<T>(), a.N, w.SpanOrEmpty<T>(), a.Objective, v.Span<T>(), blocks.Span<int>(), a.Order);

    private static void RegressVjp<T>(Tensor x, Tensor v, Tensor? w, Tensor blocks, Tensor g, RegressionArguments a, Tensor gradient)
        where T : unmanaged, INumberBase<T> =>
        IsotonicRegression.Vjp<T>(
            x.Span<T>(), v.Span<T>(), blocks.Span<int>(), g.Span<T>(), a.N, w.SpanOrEmpty<T>(), a.Objective, gradient.Span<T>());
}
