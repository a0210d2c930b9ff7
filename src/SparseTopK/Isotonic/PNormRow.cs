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
        var largest = Stretch.Largest(x);
        switch (objective.Norm.ResponseExponent)
        {
            case 1:
                SolveSquares(x, weights, destination, ends, new(objective, order, largest, default));
                break;
            case 2:
                Solve<T, SecondPower>(x, weights, destination, ends, new(objective, order, largest, default));
                break;
            case 3:
                Solve<T, ThirdPower>(x, weights, destination, ends, new(objective, order, largest, default));
                break;
            case var a:
                Solve<T, RealPower>(x, weights, destination, ends, new(objective, order, largest, new(a)));
                break;
        }
    }

    private static void SolveSquares<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> destination, Span<int> ends, PNormUnit<FirstPower> unit)
        where T : unmanaged, INumberBase<T>
    {
        using var scratch = new Scratch<double>(2 * x.Length);
        var scores = scratch.Take(x.Length);
        var factors = scratch.Take(x.Length);
        unit.Enter(x, weights, scores, factors);
        for (var i = 0; i < scores.Length; i++)
        {
            (scores[i], factors[i]) = (unit.Mean(scores[i], factors[i]), unit.Factor(factors[i]));
        }

        LeastSquaresRow.Solve(scores, unit.Rate == 0 ? [] : factors, scores, ends, IsotonicOrder.Decreasing);
        unit.Leave(scores, destination);
    }

    private static void Solve<T, TPower>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weights, Span<T> destination, Span<int> ends, PNormUnit<TPower> unit)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var n = x.Length;
        using var scratch = new Scratch<double>(4 * n);
        var scores = scratch.Take(n);
        var w = scratch.Take(n);
        var singles = scratch.Take(n);
        unit.Enter(x, weights, scores, w);
        for (var i = 0; i < n; i++)
        {
            singles[i] = unit.Single(scores[i], w[i]);
        }

        PNormSolver.Solve(scores, w, singles, scratch.Take(n), unit.Norm, unit.Constant, unit.Rate, ends);
        unit.Leave(scores, destination);
    }
}
