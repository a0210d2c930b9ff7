using System.Numerics;
using System.Runtime.InteropServices;

namespace SparseTopK.Isotonic;

/// <summary>Dykstra's algorithm on one row: alternating projections on the pairs (1, 2), (3, 4), ... and (2, 3), (4, 5), ...</summary>
/// <remarks>The correction of a pair has one number, its force f &gt;= 0, that lifts the left entry by f/w_left and presses the right one
/// down by f/w_right. With it taken back, the pair's projection is <c>f' = max(0, f + h (right - left))</c>, h = w_left
/// w_right/(w_left + w_right). Entries at even and at odd places are kept apart, so that all of it runs over vectors.</remarks>
internal static class HalfSweeps
{
    /// <summary>How many numbers of scratch a row of n entries takes.</summary>
    public static int ScratchFor(int n) => 5 * (n + 1);

    /// <summary>argmin of sum w_i (x_i - v_i)^2 over v_1 &gt;= ... &gt;= v_n, up to a residual.</summary>
    /// <param name="x">Finite; on return v.</param>
    /// <param name="weights">Above 0, or empty: all 1.</param>
    /// <param name="tolerance">The residual to come down to, in the unit of x.</param>
    /// <param name="most">The most half-sweeps.</param>
    /// <param name="scratch">At least <see cref="ScratchFor"/> long.</param>
    public static DykstraResult Solve(Span<double> x, ReadOnlySpan<double> weights, double tolerance, int most, Span<double> scratch)
    {
        var n = x.Length;
        var (evens, odds) = ((n + 1) / 2, n / 2);
        var even = Take(ref scratch, evens);
        var odd = Take(ref scratch, odds);
        var evenInverse = Take(ref scratch, evens);
        var oddInverse = Take(ref scratch, odds);
        Separate(x, even, odd);
        if (weights.IsEmpty)
        {
            evenInverse.Fill(1);
            oddInverse.Fill(1);
        }
        else
        {
            Separate(weights, evenInverse, oddInverse);
            Invert(evenInverse);
            Invert(oddInverse);
        }

        var firstForces = Take(ref scratch, odds);
        var secondForces = Take(ref scratch, Math.Max(0, evens - 1));
        firstForces.Clear();
        secondForces.Clear();
        var progress = new SweepProgress(tolerance, most);
        while (!progress.IsOver)
        {
            var (violation, step) = progress.IsMeasuring ? (Violation(even, odd), 0.0)
                : progress.Parity == 0 ? HalfSweep(even[..odds], odd, evenInverse[..odds], oddInverse, firstForces)
                : HalfSweep(odd[..secondForces.Length], even[Math.Min(1, evens)..], oddInverse[..secondForces.Length], evenInverse[Math.Min(1, evens)..], secondForces);
            progress.Advance(violation, step);
        }

        Interleave(even, odd, x);
        return new(progress.Sweeps, progress.Residual, progress.IsConverged);
    }

    /// <summary>Projects all pairs (left_i, right_i); returns their largest violation before it, and the largest step of an entry.</summary>
    private static (double Violation, double Step) HalfSweep(
        Span<double> left, Span<double> right, ReadOnlySpan<double> leftInverse, ReadOnlySpan<double> rightInverse, Span<double> forces)
    {
        var (violation, step) = (Vector<double>.Zero, Vector<double>.Zero);
        var i = 0;
        for (; i <= left.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var (a, b, force) = (Load(left, i), Load(right, i), Load(forces, i));
            var (ia, ib) = (Load(leftInverse, i), Load(rightInverse, i));
            var excess = b - a;
            var next = Vector.Max(Vector<double>.Zero, force + (excess / (ia + ib)));
            var (up, down) = ((next - force) * ia, (next - force) * ib);
            (a + up).CopyTo(left[i..]);
            (b - down).CopyTo(right[i..]);
            next.CopyTo(forces[i..]);
            violation = Vector.Max(violation, excess);
            step = Vector.Max(step, Vector.Max(Vector.Abs(up), Vector.Abs(down)));
        }

        var (worst, longest) = (Largest(violation), Largest(step));
        for (; i < left.Length; i++)
        {
            var pair = PairProjection.Of(left[i], right[i], leftInverse[i], rightInverse[i], forces[i]);
            (left[i], right[i], forces[i]) = (left[i] + pair.Up, right[i] - pair.Down, pair.Force);
            worst = Math.Max(worst, pair.Excess);
            longest = Math.Max(longest, pair.Step);
        }

        return (worst, longest);
    }

    /// <summary>max (v_(i+1) - v_i)_+.</summary>
    private static double Violation(ReadOnlySpan<double> even, ReadOnlySpan<double> odd)
    {
        var worst = 0.0;
        for (var i = 0; i < odd.Length; i++)
        {
            worst = Math.Max(worst, odd[i] - even[i]);
            worst = i + 1 < even.Length ? Math.Max(worst, even[i + 1] - odd[i]) : worst;
        }

        return worst;
    }

    private static Vector<double> Load(ReadOnlySpan<double> values, int i) =>
        Vector.LoadUnsafe(ref MemoryMarshal.GetReference(values), (nuint)i);

    private static double Largest(Vector<double> lanes)
    {
        var largest = 0.0;
        for (var lane = 0; lane < Vector<double>.Count; lane++)
        {
            largest = Math.Max(largest, lanes[lane]);
        }

        return largest;
    }

    private static Span<double> Take(ref Span<double> scratch, int length)
    {
        var piece = scratch[..length];
        scratch = scratch[length..];
        return piece;
    }

    private static void Separate(ReadOnlySpan<double> x, Span<double> even, Span<double> odd)
    {
        for (var i = 0; i < x.Length; i++)
        {
            ((i & 1) == 0 ? even : odd)[i / 2] = x[i];
        }
    }

    private static void Interleave(ReadOnlySpan<double> even, ReadOnlySpan<double> odd, Span<double> x)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] = ((i & 1) == 0 ? even : odd)[i / 2];
        }
    }

    private static void Invert(Span<double> values)
    {
        foreach (ref var value in values)
        {
            value = 1 / value;
        }
    }
}
