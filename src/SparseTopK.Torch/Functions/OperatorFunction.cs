using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Any <see cref="RowOperator"/> as autograd sees it.</summary>
/// <remarks>
/// <para>One instance serves every call: all state is in the context.</para>
/// <para>An exception must not leave <see cref="backward"/>: it would end the process. Under backward(), autograd is handed a gradient of
/// an impossible shape in its place, and throws an error of its own, which TorchSharp passes on. Under autograd.grad(), where TorchSharp
/// does not catch autograd's errors, and on threads of autograd's own, the gradient is NaN.</para>
/// </remarks>
internal sealed class OperatorFunction : autograd.SingleTensorFunction<OperatorFunction>
{
    private const string Operator = "operator";

    /// <summary>TorchSharp hands autograd the bare handle: the gradient must live until autograd has read it. It is disposed of by the
    /// next backward pass of the thread, and not left to the finalizer, which does not know how large it is.</summary>
    [ThreadStatic]
    private static Tensor? _handedOver;

    public override string Name => nameof(OperatorFunction);

    /// <param name="ctx">The context.</param>
    /// <param name="vars">x and an <see cref="Evaluation"/> of it.</param>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (rowOperator, (output, saved)) = (Evaluation)vars[1];
        ctx.save_for_backward(saved!);
        ctx.save_data(Operator, rowOperator);
        ctx.set_materialize_grads(false); // A gradient that is not there costs nothing: backward returns none.
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        if (grad_output.IsInvalid)
        {
            return [null!, null!];
        }

        using var scope = NewDisposeScope();
        Tensor gradient;
        try
        {
            var rowOperator = (RowOperator)ctx.get_data(Operator);
            var saved = ctx.get_saved_variables();
            gradient = is_grad_enabled() ? rowOperator.DifferentiableVjp(saved, grad_output) : rowOperator.Vjp(saved, grad_output);
        }
#pragma warning disable CA1031 // Whatever it is, it must not cross into native code.
        catch (Exception error)
#pragma warning restore CA1031
        {
            System.Diagnostics.Trace.TraceError($"{nameof(SparseTopK)}: the backward pass has failed: {error}");
            gradient = IsCaught() ? zeros([]) : grad_output.Filled(double.NaN);
        }

        grad_output.Dispose();
        gradient.DetachFromDisposeScope();
        _handedOver?.Dispose();
        _handedOver = gradient;
        return [gradient, null!];
    }

    /// <summary>Whether an error of autograd will become an exception of this thread's backward().</summary>
    /// <remarks>The innermost call of autograd decides.</remarks>
    private static bool IsCaught() =>
        new System.Diagnostics.StackTrace().GetFrames()
            .Select(frame => frame.GetMethod())
            .FirstOrDefault(method => method is { Name: "backward" or "grad" }
                && (method.DeclaringType == typeof(Tensor) || method.DeclaringType == typeof(autograd)))
            is { Name: "backward" };
}
