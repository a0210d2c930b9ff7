using System.Numerics;
using System.Runtime.InteropServices;
using SparseTopK.Internals;

namespace SparseTopK.Thresholding;

/// <summary>What one pass over the keys says of the left side sum_i min(v_i, 1)^a, v_i = (s_i - theta)_+ / w.</summary>
/// <param name="Free">sum of v^a over 0 &lt; v &lt; 1.</param>
/// <param name="Slope">sum of v^(a-1) over the same.</param>
/// <param name="Saturated">How many have v &gt;= 1.</param>
/// <param name="Zero">How many have v = 0.</param>
internal readonly record struct KeySums(double Free, double Slope, long Saturated, long Zero)
{
    /// <summary>Keys summed before their sum is added, with compensation, to the total.</summary>
    private const int Block = 512;

    public static KeySums Of<TPower>(ReadOnlySpan<double> keys, double anchor, double offset, double width, TPower power)
        where TPower : struct, IPower
    {
        var total = default(KeySums);
        var lost = 0.0;
        for (var start = 0; start < keys.Length; start += Block)
        {
            var part = OfBlock(keys.Slice(start, Math.Min(Block, keys.Length - start)), anchor, offset, 1 / width, power);
            var sum = total.Free + part.Free;
            lost += Math.Abs(total.Free) >= Math.Abs(part.Free) ? total.Free - sum + part.Free : part.Free - sum + total.Free;
            total = new(sum, total.Slope + part.Slope, total.Saturated + part.Saturated, total.Zero + part.Zero);
        }

        return total with { Free = total.Free + lost };
    }

    private static KeySums OfBlock<TPower>(ReadOnlySpan<double> keys, double anchor, double offset, double inverseWidth, TPower power)
        where TPower : struct, IPower
    {
        var whole = keys.Length - (keys.Length % Vector<double>.Count);
        var rest = whole < keys.Length ? OfRest(keys[whole..], anchor, offset, inverseWidth, power) : default;
        var (va, vo, vi) = (Vector.Create(anchor), Vector.Create(offset), Vector.Create(inverseWidth));
        var (sum, slope) = (Vector<double>.Zero, Vector<double>.Zero);
        var (saturated, zero) = (Vector<long>.Zero, Vector<long>.Zero);
        ref var source = ref MemoryMarshal.GetReference(keys);
        for (nuint i = 0; i < (nuint)whole; i += (nuint)Vector<double>.Count)
        {
            var v = Vector.MaxNative((Vector.LoadUnsafe(ref source, i) - va - vo) * vi, Vector<double>.Zero);
            var full = Vector.GreaterThanOrEqual(v, Vector<double>.One);
            var free = Vector.AndNot(v, full.As<long, double>());
            saturated -= full;
            zero -= Vector.Equals(v, Vector<double>.Zero);
            sum += power.Raise(free);
            slope += power.Slope(free);
        }

        return new KeySums(
            Vector.Sum(sum) + rest.Free, Vector.Sum(slope) + rest.Slope, Vector.Sum(saturated) + rest.Saturated, Vector.Sum(zero) + rest.Zero);
    }

    /// <summary>The last keys, fewer than a vector's.</summary>
    private static KeySums OfRest<TPower>(ReadOnlySpan<double> keys, double anchor, double offset, double inverseWidth, TPower power)
        where TPower : struct, IPower
    {
        Span<double> padded = stackalloc double[Vector<double>.Count];
        padded.Fill(double.NegativeInfinity);
        keys.CopyTo(padded);
        var sums = OfBlock(padded, anchor, offset, inverseWidth, power);
        return sums with { Zero = sums.Zero - (padded.Length - keys.Length) };
    }
}
