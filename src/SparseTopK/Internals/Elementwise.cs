using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseTopK.Internals;

/// <summary>One entry of a row from one entry, a vector at a time.</summary>
internal interface IEntry<T>
{
    Vector<T> Invoke(Vector<T> x);
}

internal static class Elementwise
{
    /// <summary>destination[i] = entry(x[i]); the two may be the same memory.</summary>
    public static void Map<T, TEntry>(ReadOnlySpan<T> x, Span<T> destination, TEntry entry)
        where T : unmanaged
        where TEntry : struct, IEntry<T>
    {
        ref var source = ref MemoryMarshal.GetReference(x);
        ref var target = ref MemoryMarshal.GetReference(destination);
        var i = 0;
        for (; i <= x.Length - (4 * Vector<T>.Count); i += 4 * Vector<T>.Count)
        {
            ref var from = ref Unsafe.Add(ref source, i);
            ref var to = ref Unsafe.Add(ref target, i);
            var a = entry.Invoke(Vector.LoadUnsafe(ref from));
            var b = entry.Invoke(Vector.LoadUnsafe(ref from, (nuint)Vector<T>.Count));
            var c = entry.Invoke(Vector.LoadUnsafe(ref from, (nuint)(2 * Vector<T>.Count)));
            var d = entry.Invoke(Vector.LoadUnsafe(ref from, (nuint)(3 * Vector<T>.Count)));
            a.StoreUnsafe(ref to);
            b.StoreUnsafe(ref to, (nuint)Vector<T>.Count);
            c.StoreUnsafe(ref to, (nuint)(2 * Vector<T>.Count));
            d.StoreUnsafe(ref to, (nuint)(3 * Vector<T>.Count));
        }

        for (; i <= x.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            entry.Invoke(Vector.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        if (i < x.Length)
        {
            Span<T> rest = stackalloc T[Vector<T>.Count];
            x[i..].CopyTo(rest);
            entry.Invoke(Vector.LoadUnsafe(ref rest[0])).StoreUnsafe(ref rest[0]);
            rest[..(x.Length - i)].CopyTo(destination[i..]);
        }
    }
}

/// <summary>A float64 formula on float entries.</summary>
internal readonly struct Widened<TEntry>(TEntry entry) : IEntry<float>
    where TEntry : struct, IEntry<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<float> Invoke(Vector<float> x)
    {
        Vector.Widen(x, out var lower, out var upper);
        return Vector.Narrow(entry.Invoke(lower), entry.Invoke(upper));
    }
}
