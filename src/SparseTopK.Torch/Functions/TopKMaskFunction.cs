using System.Numerics;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The mask of rows along the last dimension, as autograd sees it.</summary>
/// <remarks>One instance serves every call: all state is in the context.</remarks>
internal sealed class TopKMaskFunction : autograd.SingleTensorFunction<TopKMaskFunction>
{
    public override string Name => nameof(TopKMaskFunction);

    /// <param name="ctx">The context.</param>
    /// <param name="vars">x and its <see cref="RowArguments"/>.</param>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (RowArguments)vars[1];
        using var x = ((Tensor)vars[0]).contiguous();
        var y = empty_like(x);
        if (x.dtype == ScalarType.Float32)
        {
            Forward<float>(x, arguments, y);
        }
        else
        {
            Forward<double>(x, arguments, y);
        }

        Graph.Save(ctx, arguments, y);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        if (grad_output.IsInvalid)
        {
            return [null!, null!];
        }

        var (arguments, saved) = Graph.Load(ctx);
        using var y = saved[0];
        using var g = grad_output.contiguous();
        var gradient = empty_like(y);
        if (y.dtype == ScalarType.Float32)
        {
            Vjp<float>(y, g, arguments, gradient);
        }
        else
        {
            Vjp<double>(y, g, arguments, gradient);
        }

        return Graph.Return(ctx, gradient);
    }

    private static void Forward<T>(Tensor x, RowArguments arguments, Tensor y)
        where T : unmanaged, INumberBase<T> =>
        TopKMask.Forward<T>(x.Span<T>(), arguments.N, arguments.K, arguments.Norm, y.Span<T>(), arguments.Solver);

    private static void Vjp<T>(Tensor y, Tensor g, RowArguments arguments, Tensor gradient)
        where T : unmanaged, INumberBase<T> =>
        TopKMask.Vjp<T>(y.Span<T>(), g.Span<T>(), arguments.N, arguments.Norm, gradient.Span<T>());
}
