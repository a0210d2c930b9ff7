using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>Any <see cref="RowOperator"/> as autograd sees it.</summary>
/// <remarks>One instance serves every call: all state is in the context. An exception must not leave <see cref="backward"/>:
/// <see cref="BackwardFailure"/> says what becomes of it.</remarks>
internal sealed class OperatorFunction : autograd.SingleTensorFunction<OperatorFunction>
{
    private const string Operator = "operator";

    private const string IsFreed = "freed";

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

        Tensor gradient;
        try
        {
            gradient = Gradient(ctx, grad_output);
        }
#pragma warning disable CA1031 // Whatever it is, it must not cross into native code.
        catch (Exception error)
#pragma warning restore CA1031
        {
            var name = (ctx.get_data(Operator) as RowOperator)?.Name ?? "a SparseTopK function";
            gradient = BackwardFailure.Report(name, error, grad_output).DetachFromDisposeScope();
        }

        grad_output.Dispose();
        _handedOver?.Dispose();
        _handedOver = gradient;
        BackwardFailure.Signal();
        return [gradient, null!];
    }

    private static Tensor Gradient(autograd.AutogradContext ctx, Tensor g)
    {
        var rowOperator = (RowOperator)ctx.get_data(Operator);
        if (ctx.get_data(IsFreed) is true)
        {
            throw new InvalidOperationException(
                "The graph is used a second time, and the first backward pass has freed what it needs: give that one retain_graph: true.");
        }

        using var scope = NewDisposeScope();
        var saved = ctx.get_saved_variables();
        var gradient = is_grad_enabled() ? rowOperator.DifferentiableVjp(saved, g) : rowOperator.Vjp(saved, g);
        if (!GraphTask.KeepsGraph && !rowOperator.IsRetained && !is_grad_enabled())
        {
            // A graph of the gradient leads back to here: create_graph retains it, as it does in torch itself.
            ctx.save_data(IsFreed, true);
            ctx.Dispose(); // Of the tensors that were saved. What was saved as data stays.
        }

        return gradient.DetachFromDisposeScope();
    }
}
