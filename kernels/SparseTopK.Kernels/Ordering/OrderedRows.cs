using ILGPU;
using SparseTopK.Kernels.Isotonic;

namespace SparseTopK.Kernels.Ordering;

/// <summary>A sorted row as a projection on a permutahedron: decreasing scores and decreasing weights.</summary>
internal interface IOrderedRow<T, TSelf> : IScores
    where T : unmanaged
    where TSelf : struct, IOrderedRow<T, TSelf>
{
    /// <param name="keys">The sorted keys of the row.</param>
    /// <param name="weights">Its weights, or none.</param>
    static abstract TSelf Of(ArrayView<double> keys, ArrayView<T> weights);
}

/// <summary>The keys on the permutahedron of (n, ..., 1).</summary>
internal readonly struct RankRow<T>(ArrayView<double> keys) : IOrderedRow<T, RankRow<T>>
    where T : unmanaged
{
    public static RankRow<T> Of(ArrayView<double> keys, ArrayView<T> weights) => new(keys);

    public double Score(int i) => keys[i];

    public double Weight(int i) => keys.IntLength - i;
}

/// <summary>(n, ..., 1) on the permutahedron of the keys.</summary>
internal readonly struct SortRow<T>(ArrayView<double> keys) : IOrderedRow<T, SortRow<T>>
    where T : unmanaged
{
    public static SortRow<T> Of(ArrayView<double> keys, ArrayView<T> weights) => new(keys);

    public double Score(int i) => keys.IntLength - i;

    public double Weight(int i) => keys[i];
}

/// <summary>The keys on the permutahedron of given weights.</summary>
internal readonly struct ChoiceRow<T, TElement>(ArrayView<double> keys, ArrayView<T> weights) : IOrderedRow<T, ChoiceRow<T, TElement>>
    where T : unmanaged
    where TElement : struct, IElement<T>
{
    public static ChoiceRow<T, TElement> Of(ArrayView<double> keys, ArrayView<T> weights) => new(keys, weights);

    public double Score(int i) => keys[i];

    public double Weight(int i) => default(TElement).Load(weights[i]);
}
