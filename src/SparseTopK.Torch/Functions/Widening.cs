using SparseTopK.Torch.TorchOperations;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>A tensor in a wider type: its gradient comes back within the range of its own.</summary>
/// <remarks>The backward pass of <c>to</c> makes infinities of what a narrow type cannot hold, and a gradient here may be as large as 1/lambda.</remarks>
internal sealed class Widening : RowOperator
{
    private readonly ScalarType _narrow;
    private readonly ScalarType _wide;

    private Widening(ScalarType narrow, ScalarType wide) => (_narrow, _wide) = (narrow, wide);

    public override string Name => $"a function of {_narrow}";

    /// <summary>The tensor itself where it has that type, which costs nothing.</summary>
    public static Tensor To(Tensor x, ScalarType type) => x.dtype == type ? x : new Widening(x.dtype, type).Apply(x);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x) => (x.to(_wide), []);

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) => g.Narrow(_narrow);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) => g.Narrow(_narrow);
}
