using Xunit;

namespace SparseTopK.Tests;

/// <summary>Every error of the isotonic family names its argument, and leaves the destination as it was.</summary>
public sealed class FamilyArgumentTests
{
    private static readonly PNorm Norm = PNorm.Quadratic(1);
    private static readonly SoftOrder Order = new(1);
    private static readonly float[] X = [4, 3, 2, 1];
    private static readonly float[] Three = [1, 1, 1];
    private static readonly int[] Places = [0, 1, 2, 3];
    private static readonly int[] Ends = [1, 2, 3, 4];

    private delegate void Call(Span<float> destination, Span<int> places, Span<int> ends);

    [Fact]
    public void N_must_divide_the_length_of_the_first_input()
    {
        foreach (var (n, name) in new[] { (-4, "n"), (3, ""), (0, "") })
        {
            string Name(string first) => name.Length == 0 ? first : name;
            Refuses(Name("x"), (d, _, e) => IsotonicRegression.Forward<float>(X, n, [], default, d, e));
            Refuses(Name("x"), (d, _, _) => IsotonicRegression.Vjp<float>(X, X, Ends, X, n, [], default, d));
            Refuses(Name("x"), (d, _, _) => IsotonicRegression.Jvp<float>(X, X, Ends, X, n, [], default, d));
            Refuses(Name("x"), (d, p, e) => Permutahedron.Forward<float>(X, n, X, Norm, d, p, e));
            Refuses(Name("y"), (d, _, _) => Permutahedron.Vjp<float>(X, Places, Ends, X, n, Norm, d));
            Refuses(Name("y"), (d, _, _) => Permutahedron.Jvp<float>(X, Places, Ends, X, n, Norm, d));
            Refuses(Name("x"), (d, p, e) => SoftRank.Forward<float>(X, n, Order, d, p, e));
            Refuses(Name("x"), (d, _, _) => SoftRank.Vjp<float>(X, Places, Ends, X, n, Order, d));
            Refuses(Name("x"), (d, _, _) => SoftRank.Jvp<float>(X, Places, Ends, X, n, Order, d));
            Refuses(Name("x"), (d, p, e) => SoftSort.Forward<float>(X, n, Order, d, p, e));
            Refuses(Name("x"), (d, _, _) => SoftSort.Vjp<float>(X, Places, Ends, X, n, Order, d));
            Refuses(Name("x"), (d, _, _) => SoftSort.Jvp<float>(X, Places, Ends, X, n, Order, d));
            Refuses(Name("x"), (d, _, _) => Dykstra.Project<float>(X, n, [], d, new DykstraResult[1]));
        }
    }

    [Fact]
    public void Lengths_must_match()
    {
        Refuses("destination", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, [], default, d[1..], e));
        Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, Three, default, d, e));
        Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, [], IsotonicObjective.LinearTerm(Norm), d, e));
        Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, [], IsotonicObjective.QuadraticTerm(Norm), d, e));
        Refuses("blockEnds", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, [], default, d, e[1..]));
        Refuses("v", (d, _, _) => IsotonicRegression.Vjp<float>(X, Three, Ends, X, 4, [], default, d));
        Refuses("gradOutput", (d, _, _) => IsotonicRegression.Vjp<float>(X, X, Ends, Three, 4, [], default, d));
        Refuses("tangent", (d, _, _) => IsotonicRegression.Jvp<float>(X, X, Ends, Three, 4, [], default, d));
        Refuses("destination", (d, _, _) => IsotonicRegression.Jvp<float>(X, X, Ends, X, 4, [], default, d[..3]));
        Refuses("destination", (d, p, e) => Permutahedron.Forward<float>(X, 4, X, Norm, d[..3], p, e));
        Refuses("weights", (d, p, e) => Permutahedron.Forward<float>(X, 4, Three, Norm, d, p, e));
        Refuses("permutation", (d, p, e) => Permutahedron.Forward<float>(X, 4, X, Norm, d, p[..3], e));
        Refuses("blockEnds", (d, p, e) => Permutahedron.Forward<float>(X, 4, X, Norm, d, p, e[..3]));
        Refuses("gradOutput", (d, _, _) => Permutahedron.Vjp<float>(X, Places, Ends, Three, 4, Norm, d));
        Refuses("tangent", (d, _, _) => Permutahedron.Jvp<float>(X, Places, Ends, Three, 4, Norm, d));
        Refuses("destination", (d, p, e) => SoftRank.Forward<float>(X, 4, Order, d[..3], p, e));
        Refuses("permutation", (d, p, e) => SoftRank.Forward<float>(X, 4, Order, d, p[..3], e));
        Refuses("gradOutput", (d, _, _) => SoftRank.Vjp<float>(X, Places, Ends, Three, 4, Order, d));
        Refuses("tangent", (d, _, _) => SoftRank.Jvp<float>(X, Places, Ends, Three, 4, Order, d));
        Refuses("destination", (d, p, e) => SoftSort.Forward<float>(X, 4, Order, d[..3], p, e));
        Refuses("blockEnds", (d, p, e) => SoftSort.Forward<float>(X, 4, Order, d, p, e[..3]));
        Refuses("gradOutput", (d, _, _) => SoftSort.Vjp<float>(X, Places, Ends, Three, 4, Order, d));
        Refuses("tangent", (d, _, _) => SoftSort.Jvp<float>(X, Places, Ends, Three, 4, Order, d));
        Refuses("destination", (d, _, _) => Dykstra.Project<float>(X, 4, [], d[1..], new DykstraResult[1]));
        Refuses("weights", (d, _, _) => Dykstra.Project<float>(X, 4, Three, d, new DykstraResult[1]));
        Refuses("results", (d, _, _) => Dykstra.Project<float>(X, 4, [], d, new DykstraResult[2]));
    }

    [Fact]
    public void Weights_must_be_what_the_operator_admits()
    {
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -1 })
        {
            float[] w = [3, 2, 1, bad];
            Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, w, default, d, e));
            Refuses("weights", (d, _, _) => Dykstra.Project<float>(X, 4, w, d, new DykstraResult[1]));
            if (bad != 0)
            {
                Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, w, IsotonicObjective.QuadraticTerm(Norm), d, e));
            }

            if (!float.IsFinite(bad))
            {
                Refuses("weights", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, w, IsotonicObjective.LinearTerm(Norm), d, e));
                Refuses("weights", (d, p, e) => Permutahedron.Forward<float>(X, 4, w, Norm, d, p, e));
            }
        }

        Refuses("weights", (d, p, e) => Permutahedron.Forward<float>(X, 4, [4, 2, 3, 1], Norm, d, p, e));
        Refuses("weights", (d, p, e) => Permutahedron.Forward<float>(X, 2, [2, 1, 1, 2], Norm, d, p, e));
    }

    [Fact]
    public void Norms_orders_and_options_must_be_given()
    {
        Refuses("norm", (d, p, e) => Permutahedron.Forward<float>(X, 4, X, default, d, p, e));
        Refuses("norm", (d, _, _) => Permutahedron.Vjp<float>(X, Places, Ends, X, 4, default, d));
        Refuses("order", (d, p, e) => SoftRank.Forward<float>(X, 4, default, d, p, e));
        Refuses("order", (d, _, _) => SoftRank.Vjp<float>(X, Places, Ends, X, 4, default, d));
        Refuses("order", (d, _, _) => SoftRank.Jvp<float>(X, Places, Ends, X, 4, default, d));
        Refuses("order", (d, p, e) => SoftSort.Forward<float>(X, 4, default, d, p, e));
        Refuses("order", (d, _, _) => SoftSort.Vjp<float>(X, Places, Ends, X, 4, default, d));
        Refuses("order", (d, _, _) => SoftSort.Jvp<float>(X, Places, Ends, X, 4, default, d));
        Refuses("order", (d, _, e) => IsotonicRegression.Forward<float>(X, 4, [], default, d, e, (IsotonicOrder)7));
        Refuses("order", (d, _, _) => Dykstra.Project<float>(X, 4, [], d, new DykstraResult[1], null, (IsotonicOrder)7));
        Assert.Equal("norm", Assert.ThrowsAny<ArgumentException>(() => IsotonicObjective.LinearTerm(default)).ParamName);
        Assert.Equal("norm", Assert.ThrowsAny<ArgumentException>(() => IsotonicObjective.QuadraticTerm(default)).ParamName);
        foreach (var bad in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Assert.Equal("Lambda", Assert.ThrowsAny<ArgumentException>(() => new SoftOrder(bad)).ParamName);
            Assert.Equal("Lambda", Assert.ThrowsAny<ArgumentException>(() => Order with { Lambda = bad }).ParamName);
        }

        Assert.Equal("Direction", Assert.ThrowsAny<ArgumentException>(() => new SoftOrder(1, (SortDirection)2)).ParamName);
        Assert.Equal("Regularization", Assert.ThrowsAny<ArgumentException>(() => Order with { Regularization = (SoftRegularization)2 }).ParamName);
    }

    [Fact]
    public void Other_element_types_are_refused()
    {
        Assert.Throws<NotSupportedException>(() => IsotonicRegression.Forward<int>([1, 2], 2, [], default, new int[2]));
        Assert.Throws<NotSupportedException>(() => IsotonicRegression.Vjp<short>([1, 2], [1, 2], [2, 2], [1, 2], 2, [], default, new short[2]));
        Assert.Throws<NotSupportedException>(() => Permutahedron.Forward<decimal>([1, 2], 2, [2, 1], Norm, new decimal[2]));
        Assert.Throws<NotSupportedException>(() => Permutahedron.Vjp<char>(['a'], [0], [1], ['a'], 1, Norm, new char[1]));
        Assert.Throws<NotSupportedException>(() => SoftRank.Forward<short>([1, 2], 2, Order, new short[2]));
        Assert.Throws<NotSupportedException>(() => SoftSort.Jvp<int>([1, 2], [0, 1], [1, 2], [1, 2], 2, Order, new int[2]));
        Assert.Throws<NotSupportedException>(() => Dykstra.Project<int>([1, 2], 2, [], new int[2], new DykstraResult[1]));
    }

    private static void Refuses(string argument, Call call)
    {
        var (destination, places, ends) = (new float[] { 7, 7, 7, 7 }, new[] { 7, 7, 7, 7 }, new[] { 7, 7, 7, 7 });
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(() => call(destination, places, ends)).ParamName);
        Assert.All(destination, v => Assert.Equal(7, v));
        Assert.All(places.Concat(ends), v => Assert.Equal(7, v));
    }
}
