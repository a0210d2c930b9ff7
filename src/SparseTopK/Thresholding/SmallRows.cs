using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The thresholds of short rows, one row per SIMD lane.</summary>
/// <remarks>A sorting network orders all lanes at once, which gives each row its anchor and its bracket; Newton's method
/// then runs over the few ranks that can be undecided in any lane. A lane's result does not depend on its neighbours.</remarks>
internal static class SmallRows
{
    /// <summary>The longest row that this path takes.</summary>
    public const int Longest = 64;

    /// <summary>Solves as many rows of n entries as there are roots, at most Vector&lt;T&gt;.Count.</summary>
    [SkipLocalsInit]
    public static void Solve<T, TPower>(
        ReadOnlySpan<T> x, int n, ReadOnlySpan<int> k, Equation<TPower> equation, Span<Root> roots)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var lanes = Vector<T>.Count;
        Span<T> tile = stackalloc T[Longest * Vector<T>.Count];
        tile = tile[..(n * lanes)];
        for (var lane = 0; lane < lanes; lane++)
        {
            var row = x.Slice(lane < roots.Length ? lane * n : 0, n);
            for (var j = 0; j < row.Length; j++)
            {
                tile[(j * lanes) + lane] = row[j];
            }
        }

        var invalid = Validate(tile, equation.Magnitude);
        SortingNetwork.Descending(tile, n);

        Span<double> keys = stackalloc double[Longest * Vector<T>.Count];
        Span<LaneBracket> brackets = stackalloc LaneBracket[Vector<T>.Count];
        brackets.Clear();
        var (first, last) = (n, 0);
        for (var lane = 0; lane < roots.Length; lane++)
        {
            if (invalid[lane] != T.Zero)
            {
                roots[lane] = Root.Invalid;
            }
            else if (!TryDecide(tile[lane..], lanes, n, k[lane], equation, out roots[lane]))
            {
                brackets[lane] = LaneBracket.Of(tile[lane..], lanes, n, k[lane], equation);
                first = Math.Min(first, brackets[lane].First);
                last = Math.Max(last, brackets[lane].Last);
            }
        }

        if (first >= last)
        {
            return;
        }

        var window = tile[(first * lanes)..(last * lanes)];
        for (var i = 0; i < window.Length; i++)
        {
            keys[i] = double.CreateTruncating(window[i]);
        }

        for (var lane = 0; lane < lanes; lane += Vector<double>.Count)
        {
            var part = brackets.Slice(lane, Vector<double>.Count);
            var newton = new LaneNewton<TPower>(equation, keys[lane..window.Length], lanes, first, part);
            newton.Solve(roots, lane);
        }
    }

    /// <summary>Makes keys of the entries and marks, not 0, the lanes that hold what the operator does not admit.</summary>
    private static Vector<T> Validate<T>(Span<T> tile, bool magnitude)
        where T : unmanaged, INumberBase<T>
    {
        var largest = Vector.Create(Rounding.Down<T>(double.MaxValue));
        var valid = Vector<T>.AllBitsSet;
        for (var i = 0; i < tile.Length; i += Vector<T>.Count)
        {
            var key = Vector.LoadUnsafe(ref tile[i]);
            key = magnitude ? Vector.Abs(key) : key;
            key.StoreUnsafe(ref tile[i]);
            valid &= Vector.LessThanOrEqual(key, largest);
        }

        return Vector.AndNot(Vector<T>.One, valid);
    }

    /// <summary>The cases without an interior solution, from the k-th key and the next.</summary>
    private static bool TryDecide<T, TPower>(
        ReadOnlySpan<T> sorted, int stride, int n, int k, Equation<TPower> equation, out Root root)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        root = Root.KeepNone;
        if (k == 0)
        {
            return true;
        }

        var kept = double.CreateTruncating(sorted[(k - 1) * stride]);
        if (kept <= equation.LeastKey)
        {
            root = equation.KeepAll();
            return true;
        }

        var dropped = k < n ? double.CreateTruncating(sorted[k * stride]) : equation.LeastKey;
        if (equation.IsGap(kept, dropped))
        {
            root = equation.Hard(kept);
            return true;
        }

        return false;
    }
}

/// <summary>Where one lane's root can lie, and which ranks can be undecided.</summary>
/// <param name="K">How many to choose.</param>
/// <param name="Anchor">The k-th key: the root is below it.</param>
/// <param name="Low">The root is not below this,</param>
/// <param name="LowOffset">nor, to more digits, below the anchor by more than this says.</param>
/// <param name="First">Ranks below this one are saturated.</param>
/// <param name="Last">Ranks from this one on are 0.</param>
internal readonly record struct LaneBracket(int K, double Anchor, double Low, double LowOffset, int First, int Last)
{
    public static LaneBracket Of<T, TPower>(ReadOnlySpan<T> sorted, int stride, int n, int k, Equation<TPower> equation)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var anchor = double.CreateTruncating(sorted[(k - 1) * stride]);
        var width = equation.Width(anchor);
        var (low, lowOffset) = (anchor - width, -width);
        if (equation.Magnitude)
        {
            // At u <= s/2 with R'(u) <= s/2 the k largest are saturated: the root is not below.
            low = Math.Max(low, Math.Max(double.Epsilon, Math.Min(anchor / 2, equation.Norm.ConjugateDerivative(anchor / 2))));
            lowOffset = low < anchor ? Math.Max(lowOffset, low - anchor) : lowOffset;
        }

        var (first, last) = (k - 1, k);
        while (first > 0 && double.CreateTruncating(sorted[(first - 1) * stride]) - anchor < width)
        {
            first--;
        }

        while (last < n && double.CreateTruncating(sorted[last * stride]) - anchor > lowOffset)
        {
            last++;
        }

        return new LaneBracket(k, anchor, low, lowOffset, first, last);
    }
}
