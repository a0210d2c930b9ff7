using System.Numerics;
using System.Runtime.InteropServices;

namespace SparseTopK.Isotonic;

/// <summary>The certificate of a row: the ends of its blocks, then n to the end of the row; 0 first where it has no solution.</summary>
internal static class Blocks
{
    /// <summary>The blocks of a row, as (start, end).</summary>
    public static Enumerator Of(ReadOnlySpan<int> ends) => new(ends);

    /// <summary>Fills with first, first + 1, ...</summary>
    public static void FillSequence(Span<int> destination, int first)
    {
        ref var target = ref MemoryMarshal.GetReference(destination);
        var step = Vector<int>.Count;
        var next = Vector.Create(first) + Vector<int>.Indices;
        var i = 0;
        for (; i <= destination.Length - step; i += step)
        {
            next.StoreUnsafe(ref target, (nuint)i);
            next += Vector.Create(step);
        }

        for (; i < destination.Length; i++)
        {
            destination[i] = first + i;
        }
    }

    /// <summary>The ends of singles but for some pools; returns the number of blocks.</summary>
    public static int Write(ReadOnlySpan<Pool> pools, Span<int> ends)
    {
        var (place, count) = (0, 0);
        foreach (var pool in pools)
        {
            var singles = pool.Start - place;
            FillSequence(ends.Slice(count, singles), place + 1);
            count += singles;
            ends[count++] = pool.End;
            place = pool.End;
        }

        FillSequence(ends.Slice(count, ends.Length - place), place + 1);
        count += ends.Length - place;
        ends[count..].Fill(ends.Length);
        return count;
    }

    /// <summary>A row without a solution.</summary>
    public static void WriteInvalid(Span<int> ends)
    {
        if (!ends.IsEmpty)
        {
            ends.Fill(ends.Length);
            ends[0] = 0;
        }
    }

    /// <summary>Whether a row of a certificate is one: ends that increase up to n, or a 0; then n to the end.</summary>
    public static bool AreValid(ReadOnlySpan<int> ends)
    {
        var n = ends.Length;
        var (count, previous) = (0, 0);
        while (count < n && previous < n)
        {
            var end = ends[count++];
            if (end == 0 && count == 1)
            {
                break;
            }

            if (end <= previous || end > n)
            {
                return false;
            }

            previous = end;
        }

        return !ends[count..].ContainsAnyExcept(n);
    }

    internal ref struct Enumerator(ReadOnlySpan<int> ends)
    {
        private readonly ReadOnlySpan<int> _ends = ends;
        private int _block = -1;

        public (int Start, int End) Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (Current.End == _ends.Length)
            {
                return false;
            }

            Current = (Current.End, _ends[++_block]);
            return true;
        }
    }
}
