using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>Isotonic regression of one row under a p-norm regularizer: the linear and the quadratic term.</summary>
internal static class PNormRow
{
    public static void Solve<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> destination, Span<int> ends, IsotonicObjective objective, IsotonicOrder order)
        where T : unmanaged, INumberBase<T>
    {
        var n = x.Length;
        using var scratch = new Scratch<double>(4 * n);
        var scores = scratch.Take(n);
        var w = scratch.Take(n);
        var unit = new PNormUnit(objective, order, Stretch.Largest(x));
        unit.Enter(x, weights, scores, w);
        if (objective.Norm.ResponseExponent == 1)
        {
            // A block's value is (sum u_i - W Constant)/(m + W Rate): a weighted mean of (u_i - w_i Constant)/(1 + w_i Rate).
            var factors = scratch.Take(n);
            for (var i = 0; i < n; i++)
            {
                factors[i] = 1 + (w[i] * unit.Rate);
                scores[i] = (scores[i] - (w[i] * unit.Constant)) / factors[i];
            }

            LeastSquaresRow.Solve(scores, unit.Rate == 0 ? [] : factors, scores, ends, IsotonicOrder.Decreasing);
        }
        else
        {
            var singles = scratch.Take(n);
            for (var i = 0; i < n; i++)
            {
                singles[i] = unit.Single(scores[i], w[i]);
            }

            PNormSolver.Solve(scores, w, singles, scratch.Take(n), objective.Norm, unit.Constant, unit.Rate, ends);
        }

        unit.Leave(scores, destination);
    }
}
