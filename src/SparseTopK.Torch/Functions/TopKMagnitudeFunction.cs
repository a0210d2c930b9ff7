using System.Numerics;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The magnitude of rows along the last dimension, as autograd sees it.</summary>
/// <remarks>One instance serves every call: all state is in the context.</remarks>
internal sealed class TopKMagnitudeFunction : autograd.SingleTensorFunction<TopKMagnitudeFunction>
{
    public override string Name => nameof(TopKMagnitudeFunction);

    /// <param name="ctx">The context.</param>
    /// <param name="vars">x and its <see cref="RowArguments"/>.</param>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var arguments = (RowArguments)vars[1];
        var x = ((Tensor)vars[0]).contiguous();
        var thresholds = empty(arguments.N == 0 ? 0 : x.numel() / arguments.N, dtype: ScalarType.Float64);
        var z = empty_like(x);
        if (x.dtype == ScalarType.Float32)
        {
            Forward<float>(x, arguments, z, thresholds);
        }
        else
        {
            Forward<double>(x, arguments, z, thresholds);
        }

        Graph.Save(ctx, arguments, x, thresholds);
        return z;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        if (grad_output.IsInvalid)
        {
            return [null!, null!];
        }

        var (arguments, saved) = Graph.Load(ctx);
        using var x = saved[0];
        using var thresholds = saved[1];
        using var g = grad_output.contiguous();
        var gradient = empty_like(x);
        if (x.dtype == ScalarType.Float32)
        {
            Vjp<float>(x, thresholds, g, arguments, gradient);
        }
        else
        {
            Vjp<double>(x, thresholds, g, arguments, gradient);
        }

        return Graph.Return(ctx, gradient);
    }

    private static void Forward<T>(Tensor x, RowArguments arguments, Tensor z, Tensor thresholds)
        where T : unmanaged, INumberBase<T> =>
        TopKMagnitude.Forward<T>(
            x.Span<T>(), arguments.N, arguments.K, arguments.Norm, z.Span<T>(), thresholds.Span<double>(), arguments.Solver);

    private static void Vjp<T>(Tensor x, Tensor thresholds, Tensor g, RowArguments arguments, Tensor gradient)
        where T : unmanaged, INumberBase<T> =>
        TopKMagnitude.Vjp<T>(
            x.Span<T>(), thresholds.Span<double>(), g.Span<T>(), arguments.N, arguments.K, arguments.Norm, gradient.Span<T>());
}
