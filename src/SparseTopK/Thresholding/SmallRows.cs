using System.Numerics;
using System.Runtime.CompilerServices;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>The forward pass of short rows, one row per lane.</summary>
/// <remarks>A sorting network orders all lanes at once, which gives each row its k-th key and its bracket; Newton's method
/// then runs over the few ranks that can be undecided in any lane. A lane's result does not depend on its neighbours.</remarks>
internal readonly unsafe struct SmallRows<T, TOperator, TPower>(
    T* x, int n, int* k, int kStep, Equation<TPower> equation, T* destination, double* thresholds)
    where T : unmanaged, INumberBase<T>
    where TOperator : struct, ITopKOperator
    where TPower : struct, IPower
{
    /// <summary>Solves rows [start, start + length) and writes their output.</summary>
    [SkipLocalsInit]
    public void Invoke(int start, int length)
    {
        var size = n * Lanes.Count;
        Span<T> tiles = stackalloc T[2 * SmallRows.Longest * Lanes.Count];
        Span<double> keys = stackalloc double[SmallRows.Longest * Lanes.Count];
        var entries = tiles[..size];
        var other = tiles.Slice(size, size);
        for (var row = start; row < start + length; row += Lanes.Count)
        {
            var present = Math.Min(Lanes.Count, start + length - row);
            var offset = (long)row * n;
            Lanes.Gather(x + offset, n, present, entries);
            Solve(entries, other, keys, row, present, out var lower, out var upper);
            LaneOutput<TOperator, TPower>.Write(entries, other, lower, upper, equation.Power);
            Lanes.Scatter(other, n, present, destination + offset);
            Report(row, present, lower, upper, entries);
        }
    }

    private void Solve(
        ReadOnlySpan<T> entries, Span<T> sorted, Span<double> keys, int row, int present, out LaneRoots lower, out LaneRoots upper)
    {
        MakeKeys(entries, sorted);
        Span<long> invalid = stackalloc long[Lanes.Count];
        MarkInvalid(sorted, invalid);
        SortingNetwork.Descending(sorted, n, Lanes.Count / Vector<T>.Count);

        Span<double> kept = stackalloc double[Lanes.Count];
        Span<double> dropped = stackalloc double[Lanes.Count];
        Span<double> counts = stackalloc double[Lanes.Count];
        for (var lane = 0; lane < Lanes.Count; lane++)
        {
            var count = k[(row + (lane < present ? lane : 0)) * kStep];
            counts[lane] = count;
            kept[lane] = count == 0 ? double.PositiveInfinity : double.CreateTruncating(sorted[((count - 1) * Lanes.Count) + lane]);
            dropped[lane] = count == n ? equation.LeastKey : double.CreateTruncating(sorted[(count * Lanes.Count) + lane]);
        }

        var first = new LaneNewton<TPower>(equation, kept, dropped, counts, invalid, 0);
        var second = new LaneNewton<TPower>(equation, kept, dropped, counts, invalid, 1);
        if (first.IsRunning || second.IsRunning)
        {
            var window = Window(sorted, keys, first, second, out var saturated);
            var shifted = window[Math.Min(window.Length, Vector<double>.Count)..];
            first.Begin(window, saturated);
            second.Begin(shifted, saturated);
            for (var i = 0; i < LaneNewton<TPower>.MostSteps && (first.IsRunning || second.IsRunning); i++)
            {
                first.Step(window);
                second.Step(shifted);
            }
        }

        (lower, upper) = (first.Roots(thresholds != null), second.Roots(thresholds != null));
    }

    private static void MakeKeys(ReadOnlySpan<T> entries, Span<T> keys)
    {
        for (var i = 0; i < entries.Length; i += Vector<T>.Count)
        {
            TOperator.Key(Vector.LoadUnsafe(in entries[i])).StoreUnsafe(ref keys[i]);
        }
    }

    /// <summary>All bits set for the lanes that hold what the operator does not admit: NaN, or a key beyond the largest number.</summary>
    private static void MarkInvalid(ReadOnlySpan<T> keys, Span<long> invalid)
    {
        var largest = Vector.Create(Rounding.Down<T>(double.MaxValue));
        for (var slot = 0; slot < Lanes.Count; slot += Vector<T>.Count)
        {
            var valid = Vector<T>.AllBitsSet;
            for (var i = slot; i < keys.Length; i += Lanes.Count)
            {
                valid &= Vector.LessThanOrEqual(Vector.LoadUnsafe(in keys[i]), largest);
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                invalid[slot + lane] = (Vector<T>.One & ~valid)[lane] == T.Zero ? 0 : -1;
            }
        }
    }

    /// <summary>Widens the ranks that can be undecided in any lane.</summary>
    private Span<double> Window(
        ReadOnlySpan<T> sorted, Span<double> keys, in LaneNewton<TPower> lower, in LaneNewton<TPower> upper, out int saturated)
    {
        saturated = 0;
        while (lower.IsSaturated(Lanes.Half(sorted, saturated, 0)) && upper.IsSaturated(Lanes.Half(sorted, saturated, 1)))
        {
            saturated++;
        }

        var length = 0;
        for (var j = saturated; j < n; j++, length += Lanes.Count)
        {
            var (low, high) = (Lanes.Half(sorted, j, 0), Lanes.Half(sorted, j, 1));
            if (lower.IsDropped(low) && upper.IsDropped(high))
            {
                break;
            }

            Lanes.Store(low, high, keys[length..], 0);
        }

        return keys[..length];
    }

    private void Report(int row, int present, in LaneRoots lower, in LaneRoots upper, ReadOnlySpan<T> entries)
    {
        Span<double> roots = stackalloc double[Lanes.Count];
        if (thresholds != null)
        {
            Lanes.Store(lower.Threshold, upper.Threshold, roots, 0);
            roots[..present].CopyTo(new Span<double>(thresholds + row, present));
        }

        if (typeof(T) == typeof(float) && !(equation.Power.FitsSingle && lower.FitSingle(TOperator.Magnitude) && upper.FitSingle(TOperator.Magnitude)))
        {
            for (var lane = 0; lane < present; lane++)
            {
                WriteAlone(row + lane, lane, lower, upper, entries);
            }
        }
    }

    /// <summary>Writes one row as a long one is written, which also knows roots beyond the range of float.</summary>
    private void WriteAlone(int row, int lane, in LaneRoots lower, in LaneRoots upper, ReadOnlySpan<T> entries)
    {
        var root = lane < Vector<double>.Count ? lower.Of(lane) : upper.Of(lane - Vector<double>.Count);
        Span<T> alone = stackalloc T[SmallRows.Longest];
        for (var j = 0; j < n; j++)
        {
            alone[j] = entries[(j * Lanes.Count) + lane];
        }

        Output.Write<T, TOperator, TPower>(alone[..n], new(destination + ((long)row * n), n), root, equation.Power);
    }
}

internal static class SmallRows
{
    /// <summary>The longest row that <see cref="SmallRows{T, TOperator, TPower}"/> takes.</summary>
    public const int Longest = 64;
}
