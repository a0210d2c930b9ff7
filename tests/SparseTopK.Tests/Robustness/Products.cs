using System.Numerics;

namespace SparseTopK.Tests.Robustness;

/// <summary>Every product with a Jacobian, of a batch of rows of n entries.</summary>
internal sealed class Products<T>(T[] x, T[] g, int n, PNorm norm)
    where T : unmanaged, INumberBase<T>
{
    private static readonly SoftOrder[] Orders = [new(1e-5), new(1, SortDirection.Descending), new(0.1, SortDirection.Ascending, SoftRegularization.Entropic)];
    private readonly T[] _weights = [.. Enumerable.Range(0, n).Select(i => T.CreateTruncating(2 - (i / (double)n)))];
    private readonly int[] _k = [.. Enumerable.Repeat(Math.Max(1, n / 3), x.Length / n)];

    /// <summary>The products, and the same from float where that holds T.</summary>
    public IEnumerable<(string Name, T[] Values, float[] InFloat)> All() => [.. OfKeys(), .. OfSortedRows()];

    /// <summary>Isotonic regressions, the permutahedron, ranks and sorts.</summary>
    public IEnumerable<(string Name, T[] Values, float[] InFloat)> OfSortedRows() =>
        [.. Regressions(), .. Permutahedra(), .. Orders.SelectMany(Soft)];

    private IEnumerable<(string Name, T[] Values, float[] InFloat)> OfKeys()
    {
        var (mask, kept, gamma) = (new T[x.Length], new T[x.Length], new double[x.Length / n]);
        TopKMask.Forward<T>(x, n, _k, norm, mask);
        TopKMagnitude.Forward<T>(x, n, _k, norm, kept, gamma);
        yield return ("mask", TopKMask.Vjp<T>(mask, g, n, norm), TopKMask.Vjp<float>(F(mask), F(g), n, norm));
        yield return ("mask, JVP", Into<T>(d => TopKMask.Jvp<T>(mask, g, n, norm, d)), Into<float>(d => TopKMask.Jvp<float>(F(mask), F(g), n, norm, d)));
        yield return (
            "magnitude", Into<T>(d => TopKMagnitude.Vjp<T>(x, gamma, g, n, _k, norm, d)),
            Into<float>(d => TopKMagnitude.Vjp<float>(F(x), gamma, F(g), n, _k, norm, d)));
        yield return (
            "magnitude, JVP", Into<T>(d => TopKMagnitude.Jvp<T>(x, gamma, g, n, _k, norm, d)),
            Into<float>(d => TopKMagnitude.Jvp<float>(F(x), gamma, F(g), n, _k, norm, d)));
    }

    private IEnumerable<(string Name, T[] Values, float[] InFloat)> Regressions()
    {
        foreach (var objective in new[] { IsotonicObjective.LeastSquares, IsotonicObjective.LinearTerm(norm), IsotonicObjective.QuadraticTerm(norm) })
        {
            foreach (var w in objective.Term == IsotonicTerm.None ? new[] { [], _weights } : [_weights])
            {
                var v = IsotonicRegression.Forward<T>(x, n, w, objective, out var ends);
                yield return (
                    $"{objective}", IsotonicRegression.Vjp<T>(x, v, ends, g, n, w, objective),
                    IsotonicRegression.Vjp<float>(F(x), F(v), ends, F(g), n, F(w), objective));
                yield return (
                    $"{objective}, JVP", Into<T>(d => IsotonicRegression.Jvp<T>(x, v, ends, g, n, w, objective, d)),
                    Into<float>(d => IsotonicRegression.Jvp<float>(F(x), F(v), ends, F(g), n, F(w), objective, d)));
            }
        }
    }

    private IEnumerable<(string Name, T[] Values, float[] InFloat)> Permutahedra()
    {
        var y = Permutahedron.Forward<T>(x, n, _weights, norm, out var order, out var ends);
        yield return (
            "permutahedron", Permutahedron.Vjp<T>(y, order, ends, g, n, norm), Permutahedron.Vjp<float>(F(y), order, ends, F(g), n, norm));
        yield return (
            "permutahedron, JVP", Into<T>(d => Permutahedron.Jvp<T>(y, order, ends, g, n, norm, d)),
            Into<float>(d => Permutahedron.Jvp<float>(F(y), order, ends, F(g), n, norm, d)));
    }

    private IEnumerable<(string Name, T[] Values, float[] InFloat)> Soft(SoftOrder kind)
    {
        SoftRank.Forward<T>(x, n, kind, out var order, out var ends);
        yield return ($"rank {kind}", SoftRank.Vjp<T>(x, order, ends, g, n, kind), SoftRank.Vjp<float>(F(x), order, ends, F(g), n, kind));
        yield return (
            $"rank {kind}, JVP", Into<T>(d => SoftRank.Jvp<T>(x, order, ends, g, n, kind, d)),
            Into<float>(d => SoftRank.Jvp<float>(F(x), order, ends, F(g), n, kind, d)));
        SoftSort.Forward<T>(x, n, kind, out order, out ends);
        yield return ($"sort {kind}", SoftSort.Vjp<T>(x, order, ends, g, n, kind), SoftSort.Vjp<float>(F(x), order, ends, F(g), n, kind));
        yield return (
            $"sort {kind}, JVP", Into<T>(d => SoftSort.Jvp<T>(x, order, ends, g, n, kind, d)),
            Into<float>(d => SoftSort.Jvp<float>(F(x), order, ends, F(g), n, kind, d)));
    }

    private delegate void Fill<TElement>(Span<TElement> destination);

    private TElement[] Into<TElement>(Fill<TElement> fill)
    {
        var result = new TElement[x.Length];
        fill(result);
        return result;
    }

    private static float[] F(T[] values) => Array.ConvertAll(values, float.CreateTruncating);
}
