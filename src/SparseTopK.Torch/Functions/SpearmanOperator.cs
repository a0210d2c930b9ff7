using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>One less the correlation of the soft ranks of each row with ranks that are given.</summary>
/// <remarks>The derivative with respect to the soft ranks is kept from the forward pass, with the certificate of these.</remarks>
/// <param name="path">How the soft ranks are computed.</param>
/// <param name="arguments">Of the soft ranks.</param>
/// <param name="wanted">The given ranks, of x's type. They are overwritten.</param>
/// <param name="padding">The entries that are left out, or null.</param>
internal sealed class SpearmanOperator(IComputePath path, OrderArguments arguments, Tensor wanted, Tensor? padding) : RowOperator
{
    public override string Name => nameof(Losses.spearman_loss);

    public override (Tensor Output, List<Tensor?> Saved) Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var scores = padding is null ? x : x.Fill(padding, double.NegativeInfinity);
        var (ranks, permutation, blocks) = path.Order(scores, arguments);
        var (a, b) = (Centre(ranks), Centre(wanted));
        var squares = SquaredNorm(a);
        var norm = squares.sqrt() * SquaredNorm(b).sqrt();
        var correlation = Products(a, b) / norm;
        var slope = a.mul_((correlation / squares).unsqueeze(-1)).sub_(b.div_(norm.unsqueeze(-1)));
        var losses = correlation.neg().Plus(1);
        scope.MoveToOuter([losses, permutation, blocks, slope]);
        scores = padding is null ? scores : scores.MoveToOuterDisposeScope();
        return (losses, [scores, permutation, blocks, slope]);
    }

    public override Tensor Vjp(IReadOnlyList<Tensor> saved, Tensor g) =>
        path.OrderVjp(saved[0], saved[1], saved[2], saved[3] * g.unsqueeze(-1), arguments);

    public override Tensor DifferentiableVjp(IReadOnlyList<Tensor> saved, Tensor g) => Vjp(saved, g);

    /// <summary>Less their mean, without the padding, which becomes 0; in place.</summary>
    private Tensor Centre(Tensor ranks)
    {
        if (padding is null)
        {
            return ranks.sub_(ranks.mean([-1], keepdim: true));
        }

        var counts = padding.logical_not().sum(-1, keepdim: true).AtLeast(1);
        var mean = ranks.FillInPlace(padding, 0).sum(-1, keepdim: true) / counts;
        return ranks.sub_(mean).FillInPlace(padding, 0);
    }

    /// <summary>The sum of squares; 1 where it is 0 but for rounding, so that a constant row has a finite gradient.</summary>
    private static Tensor SquaredNorm(Tensor centred)
    {
        var n = centred.size(-1);
        var rounding = 4 * n * Math.Pow(n * (centred.dtype == ScalarType.Float64 ? 2.3e-16 : 1.2e-7), 2);
        var squares = Products(centred, centred);
        return squares.Fill(squares.IsAbove(rounding).logical_not(), 1);
    }

    private static Tensor Products(Tensor left, Tensor right)
    {
        using var products = left * right;
        return products.sum(-1);
    }
}
