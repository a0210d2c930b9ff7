using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>An operator on rows along the last dimension, with its arguments, and its derivative.</summary>
/// <remarks>An instance belongs to one call and does not change.</remarks>
internal abstract class RowOperator
{
    /// <summary>The function that users call.</summary>
    public abstract string Name { get; }

    /// <summary>Whether several backward passes may use its graph, whatever they retain.</summary>
    public bool IsRetained { get; init; }

    /// <summary>The output, and what the derivative needs of the call: x, the output itself, certificates. An entry may be null.</summary>
    /// <param name="x">Dense and contiguous, float32 or float64.</param>
    /// <remarks>Runs without a graph.</remarks>
    public abstract (Tensor Output, List<Tensor?> Saved) Forward(Tensor x);

    /// <summary>The gradient with respect to x, the fastest way.</summary>
    /// <param name="saved">What Forward left.</param>
    /// <param name="g">The gradient of the output.</param>
    public abstract Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g);

    /// <summary>The same gradient in torch operations, for a backward pass that is itself differentiated: x and the output
    /// among <paramref name="saved"/> are connected to the graph.</summary>
    public abstract Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g);

    /// <summary>Computes the output and, where a gradient will flow, connects it to the graph.</summary>
    public Tensor Apply(Tensor x)
    {
        BackwardFailure.ThrowIfUntold();
        if (!is_grad_enabled())
        {
            return Forward(x).Output;
        }

        Evaluation evaluation;
        using (no_grad())
        {
            evaluation = new(this, Forward(x));
        }

        return x.requires_grad ? OperatorFunction.apply(x, evaluation) : evaluation.Result.Output;
    }
}

/// <summary>An operator and what its forward pass gave.</summary>
internal sealed record Evaluation(RowOperator Operator, (Tensor Output, List<Tensor?> Saved) Result);
