using Xunit;

namespace SparseTopK.Tests;

/// <summary>What is not a certificate of Forward is refused, and never leads out of the spans.</summary>
public sealed class CertificateTests
{
    private static readonly PNorm Norm = PNorm.Quadratic(1);
    private static readonly SoftOrder Order = new(1);
    private static readonly double[] X = [4, 3, 2, 1, 8, 7, 6, 5];
    private static readonly int[] Places = [0, 1, 2, 3, 0, 1, 2, 3];
    private static readonly int[] Ends = [1, 2, 3, 4, 2, 4, 4, 4];

    private delegate void Product(double[] first, int[] permutation, int[] blockEnds, double[] v, Span<double> destination);

    public static TheoryData<int[]> BadEnds => new(
        [-1, 2, 3, 4], [1, 5, 5, 5], [1, 2, 3, int.MaxValue], [int.MinValue, 4, 4, 4], [3, 2, 4, 4], [1, 1, 4, 4], [2, 1, 3, 4],
        [1, 2, 3, 3], [1, 0, 4, 4], [2, 2, 2, 2], [4, 1, 2, 3], [1, 4, 4, 5], [2, 4, 4, -1]);

    public static TheoryData<int[]> BadPermutations => new(
        [-1, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, int.MaxValue], [int.MinValue, 1, 2, 3], [4, 5, 6, 7], [0, 0, 2, 3], [3, 3, 3, 3], [1, 2, 3, 1]);

    private static IEnumerable<Product> Products =>
    [
        (x, p, e, v, d) => Permutahedron.Vjp<double>(x, p, e, v, 4, Norm, d),
        (x, p, e, v, d) => Permutahedron.Jvp<double>(x, p, e, v, 4, Norm, d),
        (x, p, e, v, d) => SoftRank.Vjp<double>(x, p, e, v, 4, Order, d),
        (x, p, e, v, d) => SoftRank.Jvp<double>(x, p, e, v, 4, Order, d),
        (x, p, e, v, d) => SoftSort.Vjp<double>(x, p, e, v, 4, Order, d),
        (x, p, e, v, d) => SoftSort.Jvp<double>(x, p, e, v, 4, Order, d),
        (x, p, e, v, d) => SoftRank.Vjp<double>(x, p, e, v, 4, Order with { Regularization = SoftRegularization.Entropic }, d),
        (x, p, e, v, d) => SoftSort.Vjp<double>(x, p, e, v, 4, Order with { Regularization = SoftRegularization.Entropic }, d),
    ];

    private static IEnumerable<Product> IsotonicProducts =>
    [
        (x, _, e, v, d) => IsotonicRegression.Vjp<double>(x, x, e, v, 4, [], default, d),
        (x, _, e, v, d) => IsotonicRegression.Jvp<double>(x, x, e, v, 4, [], default, d),
        (x, _, e, v, d) => IsotonicRegression.Vjp<double>(x, x, e, v, 4, x, IsotonicObjective.LinearTerm(Norm), d),
        (x, _, e, v, d) => IsotonicRegression.Jvp<double>(x, x, e, v, 4, x, IsotonicObjective.QuadraticTerm(new PNorm(1.5, 1)), d),
    ];

    [Theory]
    [MemberData(nameof(BadEnds))]
    public void Block_ends_that_are_no_blocks_are_refused(int[] ends)
    {
        foreach (var product in Products.Concat(IsotonicProducts))
        {
            Refuses("blockEnds", product, Places, [.. ends, .. Ends[4..]]);
            Refuses("blockEnds", product, Places, [.. Ends[4..], .. ends]);
        }
    }

    [Theory]
    [MemberData(nameof(BadPermutations))]
    public void A_permutation_that_is_none_is_refused(int[] permutation)
    {
        foreach (var product in Products)
        {
            Refuses("permutation", product, [.. permutation, .. Places[4..]], Ends);
            Refuses("permutation", product, [.. Places[4..], .. permutation], Ends);
        }
    }

    [Fact]
    public void Certificates_of_another_length_are_refused()
    {
        foreach (var product in Products)
        {
            Refuses("permutation", product, Places[..7], Ends);
            Refuses("permutation", product, [], Ends);
        }

        foreach (var product in Products.Concat(IsotonicProducts))
        {
            Refuses("blockEnds", product, Places, Ends[..7]);
            Refuses("blockEnds", product, Places, []);
        }
    }

    [Fact]
    public void Certificates_that_are_right_are_accepted()
    {
        foreach (var product in Products.Concat(IsotonicProducts))
        {
            var destination = new double[8];
            product(X, Places, Ends, X, destination);
            Assert.All(destination, v => Assert.True(double.IsFinite(v)));
            Assert.Contains(destination, v => v != 0);
        }
    }

    private static void Refuses(string argument, Product product, int[] permutation, int[] ends)
    {
        var memory = Enumerable.Repeat(7.0, 24).ToArray();
        var error = Assert.ThrowsAny<ArgumentException>(() => product(X, permutation, ends, X, memory.AsSpan(8, 8)));
        Assert.Equal(argument, error.ParamName);
        Assert.All(memory, v => Assert.Equal(7, v));
    }
}
