using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>What passes from forward to backward, by way of the context.</summary>
internal static class Graph
{
    private const string Arguments = "arguments";
    private const string Gradient = "gradient";

    public static void Save(autograd.AutogradContext ctx, RowArguments arguments, params List<Tensor> tensors)
    {
        ctx.save_for_backward(tensors);
        ctx.save_data(Arguments, arguments);
        ctx.set_materialize_grads(false); // A gradient that is not there costs nothing: backward returns none.
    }

    /// <summary>The arguments and fresh handles of the saved tensors: the caller disposes of them.</summary>
    public static (RowArguments Arguments, List<Tensor> Tensors) Load(autograd.AutogradContext ctx) =>
        ((RowArguments)ctx.get_data(Arguments), ctx.get_saved_variables());

    /// <summary>The gradient of x, and none of the arguments.</summary>
    public static List<Tensor> Return(autograd.AutogradContext ctx, Tensor gradient)
    {
        // TorchSharp hands autograd the bare handle: the context keeps the tensor from being finalized before it is read.
        ctx.save_data(Gradient, new[] { gradient });
        return [gradient, null!];
    }
}
