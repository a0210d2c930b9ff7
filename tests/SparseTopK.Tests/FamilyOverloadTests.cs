using System.Numerics.Tensors;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>The conveniences of the isotonic family give what the spans give.</summary>
public sealed class FamilyOverloadTests
{
    private const int Count = 4;
    private const int N = 6;
    private static readonly double[] X = Inputs.Normal(Count * N, 1);
    private static readonly double[] G = Inputs.Normal(Count * N, 2);
    private static readonly double[] W = [5, 4, 2, 1, 0, -1];

    public static TheoryData<SortDirection, SoftRegularization> Orders => new()
    {
        { SortDirection.Ascending, SoftRegularization.Quadratic },
        { SortDirection.Descending, SoftRegularization.Quadratic },
        { SortDirection.Ascending, SoftRegularization.Entropic },
        { SortDirection.Descending, SoftRegularization.Entropic },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Arrays_of_ranks_and_sorts(SortDirection direction, SoftRegularization regularization)
    {
        var order = new SoftOrder(0.4, direction, regularization);
        var (y, permutation, ends, product) = (new double[X.Length], new int[X.Length], new int[X.Length], new double[X.Length]);

        SoftRank.Forward<double>(X, N, order, y, permutation, ends);
        SoftRank.Vjp<double>(X, permutation, ends, G, N, order, product);
        Assert.Equal(y, SoftRank.Forward<double>(X, N, order, out var otherPermutation, out var otherEnds));
        Assert.Equal(permutation, otherPermutation);
        Assert.Equal(ends, otherEnds);
        Assert.Equal(product, SoftRank.Vjp<double>(X, permutation, ends, G, N, order));
        Assert.Equal(y[..N], SoftRank.Forward<double>(X.AsSpan(0, N), order));

        SoftSort.Forward<double>(X, N, order, y, permutation, ends);
        SoftSort.Vjp<double>(X, permutation, ends, G, N, order, product);
        Assert.Equal(y, SoftSort.Forward<double>(X, N, order, out otherPermutation, out otherEnds));
        Assert.Equal(permutation, otherPermutation);
        Assert.Equal(ends, otherEnds);
        Assert.Equal(product, SoftSort.Vjp<double>(X, permutation, ends, G, N, order));
        Assert.Equal(y[..N], SoftSort.Forward<double>(X.AsSpan(0, N), order));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Tensors_of_ranks_and_sorts_with_strides(SortDirection direction, SoftRegularization regularization)
    {
        var order = new SoftOrder(0.4, direction, regularization);
        var (permutation, ends) = (new int[X.Length], new int[X.Length]);

        // The first N of each N + 2 columns are the tensor.
        var (x, g) = (Strided(X), Strided(G));
        var (y, product) = (Strided(new double[X.Length]), Strided(new double[X.Length]));

        SoftRank.Forward(View(x), order, View(y), permutation, ends);
        Assert.Equal(SoftRank.Forward<double>(X, N, order, out var expectedPermutation, out var expectedEnds), Dense(y));
        Assert.Equal(expectedPermutation, permutation);
        Assert.Equal(expectedEnds, ends);
        SoftRank.Vjp(View(x), permutation, ends, View(g), order, View(product));
        Assert.Equal(SoftRank.Vjp<double>(X, permutation, ends, G, N, order), Dense(product));

        SoftSort.Forward(View(x), order, View(y), permutation, ends);
        Assert.Equal(SoftSort.Forward<double>(X, N, order, out _, out _), Dense(y));
        SoftSort.Vjp(View(x), permutation, ends, View(g), order, View(product));
        Assert.Equal(SoftSort.Vjp<double>(X, permutation, ends, G, N, order), Dense(product));
        Assert.All(y.Where((_, i) => i % (N + 2) >= N), v => Assert.Equal(-7, v));
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused()
    {
        var order = new SoftOrder(1);
        var (x, y) = (new double[12], new double[12]);
        Assert.Equal("destination", Assert.ThrowsAny<ArgumentException>(
            () => SoftRank.Forward(new ReadOnlyTensorSpan<double>(x, [3, 4]), order, new TensorSpan<double>(y, [4, 3]))).ParamName);
        Assert.Equal("destination", Assert.ThrowsAny<ArgumentException>(
            () => SoftSort.Forward(new ReadOnlyTensorSpan<double>(x, [3, 4]), order, new TensorSpan<double>(y, [12]))).ParamName);
    }

    [Fact]
    public void Arrays_of_the_permutahedron_and_of_isotonic_regression()
    {
        var norm = new PNorm(1.5, 0.3);
        var (y, permutation, ends, product) = (new double[X.Length], new int[X.Length], new int[X.Length], new double[X.Length]);
        Permutahedron.Forward<double>(X, N, W, norm, y, permutation, ends);
        Permutahedron.Vjp<double>(y, permutation, ends, G, N, norm, product);
        Assert.Equal(y, Permutahedron.Forward<double>(X, N, W, norm, out var otherPermutation, out var otherEnds));
        Assert.Equal(permutation, otherPermutation);
        Assert.Equal(ends, otherEnds);
        Assert.Equal(product, Permutahedron.Vjp<double>(y, permutation, ends, G, N, norm));
        Assert.Equal(y[..N], Permutahedron.Forward<double>(X.AsSpan(0, N), W, norm));

        var objective = IsotonicObjective.LinearTerm(norm);
        IsotonicRegression.Forward<double>(X, N, W, objective, y, ends, IsotonicOrder.Increasing);
        IsotonicRegression.Vjp<double>(X, y, ends, G, N, W, objective, product);
        Assert.Equal(y, IsotonicRegression.Forward<double>(X, N, W, objective, out otherEnds, IsotonicOrder.Increasing));
        Assert.Equal(ends, otherEnds);
        Assert.Equal(product, IsotonicRegression.Vjp<double>(X, y, ends, G, N, W, objective));
        IsotonicRegression.Forward<double>(X.AsSpan(0, N), N, [], IsotonicObjective.LeastSquares, y.AsSpan(0, N));
        Assert.Equal(y[..N], IsotonicRegression.Forward<double>(X.AsSpan(0, N)));
    }

    private static double[] Strided(double[] dense)
    {
        var memory = new double[Count * (N + 2)];
        Array.Fill(memory, -7);
        for (var i = 0; i < dense.Length; i++)
        {
            memory[(i / N * (N + 2)) + (i % N)] = dense[i];
        }

        return memory;
    }

    private static TensorSpan<double> View(double[] memory) => new(memory, 0, [Count, N], [N + 2, 1]);

    private static double[] Dense(double[] memory) => [.. Enumerable.Range(0, Count * N).Select(i => memory[(i / N * (N + 2)) + (i % N)])];
}
