using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The isotonic problems of a p-norm, whose blocks have no average: halves are joined by a root, found by bisection.</summary>
/// <remarks>
/// <para>A block B of value g solves <c>sum over B of sign(x_i - g) |x_i - g|^a/lambda^a = W</c> (linear term) or <c>g W</c> (quadratic
/// term), W = sum of w_i. Where two solved halves are out of order, the block across their boundary holds the entries of the left
/// half below g and those of the right half above g, and the balance of both falls as g rises. As in <see cref="HalfPooling"/> whether an
/// entry is joined depends on its value alone, so that no block is split.</para>
/// <para>Cost: O(n log n) powers for each of <see cref="Steps"/> halvings, in about 10 kernels each. Nothing is read by the host.</para>
/// </remarks>
internal static class PNormPooling
{
    /// <summary>An interval halved so many times is one float64 wide.</summary>
    private const int Steps = 64;

    /// <param name="x">[..., n], finite.</param>
    /// <param name="weights">As x.</param>
    /// <param name="norm">The regularizer.</param>
    /// <param name="quadratic">Which term.</param>
    public static (Tensor Values, Tensor Starts) Solve(Tensor x, Tensor weights, PNorm norm, bool quadratic)
    {
        using var scope = NewDisposeScope();
        var n = x.size(-1);
        var length = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)n);
        var problem = new Entries(Padded(x, length, 0), Padded(weights, length, 0), norm, quadratic);
        var v = Padded(problem.Singles().narrow(-1, 0, n), length, double.NegativeInfinity);
        var starts = x.Places(length).expand(v.shape);
        for (var half = 1L; half < length; half *= 2)
        {
            using var inner = NewDisposeScope();
            (v, starts) = Join(v, starts, problem, half);
            inner.MoveToOuter(v, starts);
        }

        return scope.MoveToOuter(v.narrow(-1, 0, n).reshape(x.shape), starts.narrow(-1, 0, n).reshape(x.shape));
    }

    private static (Tensor Values, Tensor Starts) Join(Tensor v, Tensor starts, Entries problem, long half)
    {
        long[] stretches = [v.size(0), -1, 2, half];
        var entries = problem.View(stretches);
        var (values, shape) = (v.view(stretches), v.shape);
        var sides = tensor([-1.0, 1.0], v.dtype, v.device).view(1, 1, 2, 1);
        var low = values.narrow(2, 0, 1).narrow(-1, half - 1, 1);
        var high = values.narrow(2, 1, 1).narrow(-1, 0, 1);
        var violated = low < high;
        (low, high) = (low.Fill(violated.logical_not(), 0), high.Fill(violated.logical_not(), 0));
        for (var i = 0; i < Steps; i++)
        {
            using var inner = NewDisposeScope();
            var g = low.Times(0.5).Plus(high.Times(0.5));
            var taken = ((values - g) * sides).IsAbove(0);
            var rises = entries.Balance(g).Fill(taken.logical_not(), 0).sum([2, 3], keepdim: true).IsBelow(0).logical_not();
            (low, high) = inner.MoveToOuter(g.where(rises, low), high.where(rises, g));
        }

        // The lower end: where a root is 0 by symmetry, it is that exactly.
        var root = low;

        // Where the order is violated both neighbours of the boundary are joined, even if the root rounds to the value of one of them.
        var nearest = cat([values.narrow(2, 0, 1).narrow(-1, half - 1, 1), values.narrow(2, 1, 1).narrow(-1, 0, 1)], 2);
        var joined = (((values - root) * sides).IsAbove(0) | (values == nearest)) & violated;
        var places = starts.view(stretches);
        var first = places.Fill(joined.logical_not(), long.MaxValue).amin([2, 3], keepdim: true);
        return (root.where(joined, values).view(shape), first.where(joined, places).view(shape));
    }

    private static Tensor Padded(Tensor x, long length, double value)
    {
        var rows = x.reshape(-1, x.size(-1));
        return length == rows.size(-1)
            ? rows
            : cat([rows, rows.narrow(-1, 0, 1).Filled(value).expand(rows.size(0), length - rows.size(-1))], -1);
    }

    /// <summary>The entries of every row.</summary>
    private sealed record Entries(Tensor X, Tensor Weights, PNorm Norm, bool Quadratic)
    {
        public Entries View(long[] shape) => this with { X = X.view(shape), Weights = Weights.view(shape) };

        /// <summary>sign(x - g) |x - g|^a/lambda^a - w, or - w g.</summary>
        public Tensor Balance(Tensor g)
        {
            var distance = (X - g).Times(Wide.Inverse(Norm.Lambda, X.dtype));
            return (PowerOf.Share(distance.abs(), Norm.ResponseExponent) * distance.sign()) - (Quadratic ? Weights * g : Weights);
        }

        /// <summary>The value of each entry by itself: between 0 and x for the quadratic term.</summary>
        public Tensor Singles()
        {
            if (!Quadratic)
            {
                return X - (PowerOf.Share(Weights.abs(), Norm.P - 1) * Weights.sign()).Times(Norm.Lambda);
            }

            var (low, high) = (X.AtMost(0), X.AtLeast(0));
            for (var i = 0; i < Steps; i++)
            {
                using var inner = NewDisposeScope();
                var g = low.Times(0.5).Plus(high.Times(0.5));
                var rises = Balance(g).IsBelow(0).logical_not();
                (low, high) = inner.MoveToOuter(g.where(rises, low), high.where(rises, g));
            }

            return low.Times(0.5).Plus(high.Times(0.5)).where(Weights.IsAbove(0), X);
        }
    }
}
