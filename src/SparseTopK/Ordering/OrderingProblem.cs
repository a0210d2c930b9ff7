using System.Numerics;
using SparseTopK.Internals;

namespace SparseTopK.Ordering;

/// <summary>Which projection on a permutahedron a row asks for.</summary>
internal enum OrderingKind
{
    /// <summary>The scores on the permutahedron of given weights, under a p-norm.</summary>
    Choice,

    /// <summary>The scores on the permutahedron of (n, ..., 1).</summary>
    Rank,

    /// <summary>(n, ..., 1)/lambda on the permutahedron of the row.</summary>
    Sort,
}

/// <summary>One of the operators on a sorted row, and its derivatives.</summary>
internal readonly struct OrderingProblem
{
    private readonly SoftOrder _order;

    public OrderingProblem(PNorm norm)
    {
        Guard.Norm(norm);
        (Kind, Norm, Sign, Lambda) = (OrderingKind.Choice, norm, 1, norm.Lambda);
    }

    public OrderingProblem(OrderingKind kind, SoftOrder order)
    {
        Guard.Order(order);
        (Kind, _order, Lambda) = (kind, order, order.Lambda);
        Sign = (order.Direction == SortDirection.Ascending) == (kind == OrderingKind.Rank) ? 1 : -1;
    }

    public OrderingKind Kind { get; }

    /// <summary>The regularizer of the choice.</summary>
    public PNorm Norm { get; }

    /// <summary>Rows are put in decreasing order of Sign * x.</summary>
    public int Sign { get; }

    public double Lambda { get; }

    /// <summary>1/lambda.</summary>
    public double Scale => Math.Min(1 / Lambda, double.MaxValue);

    /// <summary>What the keys of a block are multiplied by in the exponents of its shares, where those are exponential.</summary>
    public double ShareScale => Kind switch { OrderingKind.Choice => 0, OrderingKind.Rank => Scale, _ => 1 };

    public bool IsEntropic => _order.Regularization == SoftRegularization.Entropic;

    /// <summary>y of a sorted row, from its decreasing keys and the decreasing weights, and its blocks.</summary>
    public void Solve(ReadOnlySpan<double> keys, ReadOnlySpan<double> weights, Span<double> y, Span<int> ends)
    {
        switch (Kind, IsEntropic)
        {
            case (OrderingKind.Choice, _):
                Projection.Solve(keys, weights, Norm, y, ends);
                break;
            case (OrderingKind.Rank, false):
                Projection.Solve<Mean>(keys, Scale, weights, y, ends);
                break;
            case (OrderingKind.Rank, true):
                Projection.Solve<LogSumExp<SystemExponentials>>(keys, Scale, weights, y, ends);
                break;
            case (OrderingKind.Sort, false):
                Projection.Solve<Mean>(weights, Scale, keys, y, ends);
                break;
            default:
                Projection.Solve<LogSumExp<SystemExponentials>>(weights, Scale, keys, y, ends);
                break;
        }
    }

    /// <summary>y of entries that are tied at minus infinity.</summary>
    public double Share(ReadOnlySpan<double> weights) => IsEntropic ? Share<LogSumExp<SystemExponentials>>(weights) : Share<Mean>(weights);

    /// <summary>c_j of each entry of the sorted row, or its key where c_j is exponential in that.</summary>
    /// <param name="point">y of the choice, x of the others.</param>
    /// <param name="permutation">The order of the row.</param>
    /// <param name="weights">As long as the row, or empty where there is nothing to find.</param>
    public void FindWeights<T>(ReadOnlySpan<T> point, ReadOnlySpan<int> permutation, Span<double> weights)
        where T : unmanaged, INumberBase<T>
    {
        for (var j = 0; j < weights.Length; j++)
        {
            var value = double.CreateTruncating(point[permutation[j]]);
            weights[j] = Kind switch
            {
                OrderingKind.Choice => Slope(Math.Abs(value)),
                _ => Sign * value,
            };
        }
    }

    /// <summary>Whether the entries of a block weigh differently in the Jacobian.</summary>
    public bool HasWeights => Kind == OrderingKind.Choice ? Norm.ResponseExponent != 1 : IsEntropic;

    private static double Share<TAggregate>(ReadOnlySpan<double> weights)
        where TAggregate : struct, IAggregate
    {
        var sum = 0.0;
        foreach (var weight in weights)
        {
            sum += TAggregate.Term(weight, weights[0]);
        }

        return TAggregate.Share(weights[0], sum, weights.Length);
    }

    /// <summary>d_i = |y_i|^(2-p)/(lambda (p-1)) = (R*)''(R'(|y_i|)); where that is infinite (p &gt; 2, y_i = 0), the largest slope.</summary>
    private double Slope(double y) => y == 0 && Norm.P > 2
        ? RealPower.LargestSlope
        : Math.Min(Norm.ConjugateSecondDerivative(Norm.Derivative(y)), RealPower.LargestSlope);
}
