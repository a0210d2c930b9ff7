using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SparseTopK.Internals;

namespace SparseTopK.Differentiation;

/// <summary>The Jacobian of one row: diagonal plus rank one, so that a product with it is a few sums and a pass.</summary>
internal interface IJacobian<TSelf>
    where TSelf : struct, IJacobian<TSelf>
{
    /// <summary>This Jacobian at a row of the given certificate.</summary>
    TSelf ForRow(double threshold, int k);

    /// <summary>Whether the whole row is NaN.</summary>
    bool IsInvalid { get; }

    /// <summary>The keys whose derivative may be other than 0: above Low, and below Cut.</summary>
    (double Low, double Cut, bool Absolute) ActiveKeys { get; }

    /// <summary>All bits set where an entry's derivative may be other than 0, or the entry is NaN; low is that of the active keys.</summary>
    Vector<T> Active<T>(Vector<T> point, Vector<T> low)
        where T : unmanaged, INumberBase<T>;

    /// <summary>Whether the certificate of this row has lost what tells its entries apart.</summary>
    bool IsCoarse { get; }

    /// <summary>This Jacobian at the row itself, where <see cref="IsCoarse"/>: for the formulas of one entry alone.</summary>
    TSelf Solved<T>(ReadOnlySpan<T> point)
        where T : unmanaged, INumberBase<T>;

    /// <summary>This Jacobian at the root of the row, as it was before it was rounded: for the formulas of one entry alone.</summary>
    TSelf At(in Thresholding.Root root);

    /// <summary>The same question of one row per lane.</summary>
    Vector<long> AreCoarse(in Bounds bounds);

    /// <summary>This row's bounds, in every lane.</summary>
    Bounds Bounds { get; }

    /// <summary>The bounds of one row per lane.</summary>
    Bounds BoundsOf(Vector<double> thresholds);

    /// <summary>The diagonal's part that the entries of the rank-one part share: both passes take it.</summary>
    Vector<double> Weigh(Vector<double> point, in Bounds bounds);

    /// <summary>Adds to the sums that the rank-one part needs.</summary>
    void Add(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, ref Sums sums);

    /// <summary>The one number that couples the entries.</summary>
    double Couple(Totals totals);

    /// <summary>The same of one row per lane.</summary>
    Vector<double> Couple(in Sums sums, Vector<double> k);

    /// <summary>The product, 0 where the entry is not active.</summary>
    Vector<double> Apply(Vector<double> point, Vector<double> weight, Vector<double> direction, in Bounds bounds, Vector<double> coupling);

    /// <summary>What one entry adds to the sums.</summary>
    Totals Terms(double point, double direction);

    /// <inheritdoc cref="Apply(Vector{double}, Vector{double}, Vector{double}, in Bounds, Vector{double})"/>
    double Apply(double point, double direction, double coupling);
}

/// <summary>The keys at which a row's entries enter, and are saturated.</summary>
internal readonly record struct Bounds(Vector<double> Entry, Vector<double> Saturation);

/// <summary>What a pass over a row accumulates, in float64.</summary>
internal struct Sums
{
    public Vector<double> Weights;
    public Vector<double> Products;
    public Vector<double> Saturated;
}

/// <summary>A chunk's sums.</summary>
internal readonly record struct Totals(double Weights, double Products, double Saturated)
{
    /// <summary>The weights depend on the point alone, which then holds a NaN.</summary>
    public bool IsNaN => double.IsNaN(Weights);

    public static Totals operator +(Totals a, Totals b) => new(a.Weights + b.Weights, a.Products + b.Products, a.Saturated + b.Saturated);
}

/// <summary>The two passes of a product with a row's Jacobian. Blocks without an active entry cost one load.</summary>
internal static class LinearMap
{
    public static Totals Reduce<T, TJacobian>(ReadOnlySpan<T> point, ReadOnlySpan<T> direction, in TJacobian jacobian)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        ref var p = ref MemoryMarshal.GetReference(point);
        ref var d = ref MemoryMarshal.GetReference(direction);
        var sums = default(Sums);
        var bounds = jacobian.Bounds;
        var low = Vector.Create(Rounding.Down<T>(jacobian.ActiveKeys.Low));
        var (i, step) = ((nuint)0, (nuint)Vector<T>.Count);
        var whole = (nuint)(point.Length - (point.Length % Vector<T>.Count));
        while (i < whole)
        {
            if (i + (4 * step) <= whole && !AnyActive(ref p, i, jacobian, low))
            {
                i += 4 * step;
                continue;
            }

            for (var end = Math.Min(whole, i + (4 * step)); i < end; i += step)
            {
                var v = Vector.LoadUnsafe(ref p, i);
                if (Vector.AnyWhereAllBitsSet(jacobian.Active(v, low)))
                {
                    Add(v, Vector.LoadUnsafe(ref d, i), jacobian, bounds, ref sums);
                }
            }
        }

        if ((int)whole < point.Length)
        {
            Add(Padded(point[(int)whole..]), Padded(direction[(int)whole..]), jacobian, bounds, ref sums);
        }

        return new Totals(Vector.Sum(sums.Weights), Vector.Sum(sums.Products), Vector.Sum(sums.Saturated));
    }

    public static void Apply<T, TJacobian>(
        ReadOnlySpan<T> point, ReadOnlySpan<T> direction, in TJacobian jacobian, double coupling, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        ref var p = ref MemoryMarshal.GetReference(point);
        ref var d = ref MemoryMarshal.GetReference(direction);
        ref var target = ref MemoryMarshal.GetReference(destination);
        var bounds = jacobian.Bounds;
        var low = Vector.Create(Rounding.Down<T>(jacobian.ActiveKeys.Low));
        var (i, step) = ((nuint)0, (nuint)Vector<T>.Count);
        var whole = (nuint)(point.Length - (point.Length % Vector<T>.Count));
        while (i < whole)
        {
            if (i + (4 * step) <= whole && !AnyActive(ref p, i, jacobian, low))
            {
                Vector<T>.Zero.StoreUnsafe(ref target, i);
                Vector<T>.Zero.StoreUnsafe(ref target, i + step);
                Vector<T>.Zero.StoreUnsafe(ref target, i + (2 * step));
                Vector<T>.Zero.StoreUnsafe(ref target, i + (3 * step));
                i += 4 * step;
                continue;
            }

            for (var end = Math.Min(whole, i + (4 * step)); i < end; i += step)
            {
                var v = Vector.LoadUnsafe(ref p, i);
                var product = Vector.AnyWhereAllBitsSet(jacobian.Active(v, low))
                    ? Apply(v, Vector.LoadUnsafe(ref d, i), jacobian, bounds, coupling)
                    : Vector<T>.Zero;
                product.StoreUnsafe(ref target, i);
            }
        }

        if ((int)whole < point.Length)
        {
            Span<T> rest = stackalloc T[Vector<T>.Count];
            Apply(Padded(point[(int)whole..]), Padded(direction[(int)whole..]), jacobian, bounds, coupling).CopyTo(rest);
            rest[..(point.Length - (int)whole)].CopyTo(destination[(int)whole..]);
        }
    }

    /// <summary>The product of a row whose certificate is too coarse, entry by entry.</summary>
    public static void MapEach<T, TJacobian>(ReadOnlySpan<T> point, ReadOnlySpan<T> direction, TJacobian jacobian, Span<T> destination)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        jacobian = jacobian.Solved(point);
        var totals = default(Totals);
        for (var i = 0; i < point.Length; i++)
        {
            totals += jacobian.Terms(double.CreateTruncating(point[i]), double.CreateTruncating(direction[i]));
        }

        var coupling = jacobian.Couple(totals);
        for (var i = 0; i < point.Length; i++)
        {
            var product = jacobian.Apply(double.CreateTruncating(point[i]), double.CreateTruncating(direction[i]), coupling);
            destination[i] = T.CreateTruncating(FiniteRange.Clamp<T>(product));
        }
    }

    /// <summary>Whether one of the next four vectors has an active entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AnyActive<T, TJacobian>(ref T point, nuint i, TJacobian jacobian, Vector<T> low)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        var step = (nuint)Vector<T>.Count;
        var first = jacobian.Active(Vector.LoadUnsafe(ref point, i), low) | jacobian.Active(Vector.LoadUnsafe(ref point, i + step), low);
        var second = jacobian.Active(Vector.LoadUnsafe(ref point, i + (2 * step)), low) | jacobian.Active(Vector.LoadUnsafe(ref point, i + (3 * step)), low);
        return !Vector.EqualsAll((first | second).As<T, byte>(), Vector<byte>.Zero);
    }

    private static Vector<T> Padded<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Span<T> rest = stackalloc T[Vector<T>.Count];
        values.CopyTo(rest);
        return Vector.LoadUnsafe(ref rest[0]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T, TJacobian>(Vector<T> point, Vector<T> direction, TJacobian jacobian, in Bounds bounds, ref Sums sums)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        if (typeof(T) == typeof(double))
        {
            AddWide(point.As<T, double>(), direction.As<T, double>(), jacobian, bounds, ref sums);
            return;
        }

        AddWide(Vector.WidenLower(point.As<T, float>()), Vector.WidenLower(direction.As<T, float>()), jacobian, bounds, ref sums);
        AddWide(Vector.WidenUpper(point.As<T, float>()), Vector.WidenUpper(direction.As<T, float>()), jacobian, bounds, ref sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWide<TJacobian>(Vector<double> point, Vector<double> direction, TJacobian jacobian, in Bounds bounds, ref Sums sums)
        where TJacobian : struct, IJacobian<TJacobian> =>
        jacobian.Add(point, jacobian.Weigh(point, bounds), direction, bounds, ref sums);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Apply<T, TJacobian>(Vector<T> point, Vector<T> direction, TJacobian jacobian, in Bounds bounds, double coupling)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian>
    {
        var coupled = Vector.Create(coupling);
        if (typeof(T) == typeof(double))
        {
            return ApplyWide<T, TJacobian>(point.As<T, double>(), direction.As<T, double>(), jacobian, bounds, coupled).As<double, T>();
        }

        var (p, d) = (point.As<T, float>(), direction.As<T, float>());
        var lower = ApplyWide<T, TJacobian>(Vector.WidenLower(p), Vector.WidenLower(d), jacobian, bounds, coupled);
        var upper = ApplyWide<T, TJacobian>(Vector.WidenUpper(p), Vector.WidenUpper(d), jacobian, bounds, coupled);
        return Vector.Narrow(lower, upper).As<float, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> ApplyWide<T, TJacobian>(
        Vector<double> point, Vector<double> direction, TJacobian jacobian, in Bounds bounds, Vector<double> coupling)
        where T : unmanaged, INumberBase<T>
        where TJacobian : struct, IJacobian<TJacobian> =>
        Finite<T>(jacobian.Apply(point, jacobian.Weigh(point, bounds), direction, bounds, coupling));

    /// <summary>Keeps an unbounded derivative (p &gt; 2, or a tiny lambda) within T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Finite<T>(Vector<double> value)
        where T : unmanaged, INumberBase<T>
    {
        var most = FiniteRange.Largest<T>();
        return Vector.Min(Vector.Max(value, Vector.Create(-most)), Vector.Create(most));
    }
}
