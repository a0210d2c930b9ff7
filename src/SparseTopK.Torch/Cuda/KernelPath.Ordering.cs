using ILGPU;
using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Cuda;

/// <summary>The kernels, in the memory of tensors on their device: ranks, sorts and isotonic regression.</summary>
internal sealed partial class KernelPath
{
    public (Tensor Y, Tensor Permutation, Tensor Blocks) Order(Tensor x, OrderArguments arguments)
    {
        var y = empty_like(x);
        var (permutation, blocks) = (empty_like(x, ScalarType.Int32), empty_like(x, ScalarType.Int32));
        using var scratch = NewDisposeScope();
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
        var gradient = empty_like(x);
        using var scratch = NewDisposeScope();
        var cotangent = g.Dense();
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
        if (!HasKernel(arguments.Objective))
        {
            return ComputePaths.TorchOperations.Regress(x, weights, arguments);
        }

        var (v, blocks) = (empty_like(x), empty_like(x, ScalarType.Int32));
        using var scratch = NewDisposeScope();
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
        if (!HasKernel(arguments.Objective))
        {
            return ComputePaths.TorchOperations.RegressVjp(x, v, weights, blocks, values, g, arguments);
        }

        var gradient = empty_like(x);
        using var scratch = NewDisposeScope();
        var cotangent = g.Dense();
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

    /// <summary>A term has kernels for p = 2 and p = 4/3.</summary>
    private static bool HasKernel(IsotonicObjective objective) =>
        objective.Term == IsotonicTerm.None || objective.Norm.ResponseExponent is 1 or 3;

    private void Order<T>(Tensor x, OrderArguments a, Tensor y, Tensor permutation, Tensor blocks)
        where T : unmanaged
    {
        var (values, output, order, ends) = (device.View<T>(x), device.View<T>(y), device.View<int>(permutation), device.View<int>(blocks));
        if (a.IsRank)
        {
            device.Operators.SoftRankForward(values, a.N, a.Order, output, order, ends, device.Stream);
        }
        else
        {
            device.Operators.SoftSortForward(values, a.N, a.Order, output, order, ends, device.Stream);
        }
    }

    private void OrderVjp<T>(Tensor x, Tensor permutation, Tensor blocks, Tensor g, OrderArguments a, Tensor gradient)
        where T : unmanaged
    {
        var (values, order, ends) = (device.View<T>(x), device.View<int>(permutation), device.View<int>(blocks));
        if (a.IsRank)
        {
            device.Operators.SoftRankVjp(values, order, ends, device.View<T>(g), a.N, a.Order, device.View<T>(gradient), device.Stream);
        }
        else
        {
            device.Operators.SoftSortVjp(values, order, ends, device.View<T>(g), a.N, a.Order, device.View<T>(gradient), device.Stream);
        }
    }

    private void Regress<T>(Tensor x, Tensor? w, RegressionArguments a, Tensor v, Tensor blocks)
        where T : unmanaged =>
        device.Operators.IsotonicForward(
            device.View<T>(x), a.N, Optional<T>(w), a.Objective, device.View<T>(v), device.View<int>(blocks), a.Order, device.Stream);

    private void RegressVjp<T>(Tensor x, Tensor v, Tensor? w, Tensor blocks, Tensor g, RegressionArguments a, Tensor gradient)
        where T : unmanaged =>
        device.Operators.IsotonicVjp(
            device.View<T>(x), device.View<T>(v), device.View<int>(blocks), device.View<T>(g), a.N, Optional<T>(w), a.Objective,
            device.View<T>(gradient), device.Stream);

    private ArrayView<T> Optional<T>(Tensor? tensor)
        where T : unmanaged => tensor is null ? ArrayView<T>.Empty : device.View<T>(tensor);
}
