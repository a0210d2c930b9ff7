using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SparseTopK.Torch.Functions;

/// <summary>The Fenchel-Young losses of rows in memory: the sums of <see cref="FenchelYoungOperator"/>, over the few entries that are not 0.</summary>
internal static class FenchelYoungRows
{
    /// <summary>Computes the loss of each row, and puts the gap, mask less target, in the place of the mask.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="masks">The masks of the scores, of n entries each. On return the gaps.</param>
    /// <param name="targets">The targets.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="losses">The losses: one per row.</param>
    public static void Compute<T>(
        ReadOnlySpan<T> scores, Span<T> masks, ReadOnlySpan<T> targets, FenchelYoungSettings settings, Span<T> losses)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = losses.IsEmpty ? 0 : masks.Length / losses.Length;
        for (var row = 0; row < losses.Length; row++)
        {
            losses[row] = T.CreateTruncating(Loss(scores.Slice(row * n, n), masks.Slice(row * n, n), targets.Slice(row * n, n), settings));
        }
    }

    private static double Loss<T>(ReadOnlySpan<T> scores, Span<T> mask, ReadOnlySpan<T> target, FenchelYoungSettings settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var regularizers = (settings.TargetShare * Regularizer(target, settings.Norm)) - Regularizer<T>(mask, settings.Norm);
        Subtract(mask, target, settings);
        return Product<T>(scores, mask) + regularizers + settings.SmoothedRegularizer(mask.Length);
    }

    private static void Subtract<T>(Span<T> mask, ReadOnlySpan<T> target, FenchelYoungSettings settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var share = T.CreateTruncating(settings.TargetShare);
        for (var i = Next(target, 0); i < target.Length; i = Next(target, i + 1))
        {
            mask[i] -= share * target[i];
        }

        if (settings.Smoothing > 0)
        {
            TensorPrimitives.Subtract(mask, T.CreateTruncating(settings.UniformShare(mask.Length)), mask);
        }
    }

    /// <summary>The scores less their largest, which a gap that sums to 0 does not see, times the gap.</summary>
    private static double Product<T>(ReadOnlySpan<T> scores, ReadOnlySpan<T> gap)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var top = TensorPrimitives.Max(scores);
        var (origin, sum) = (T.IsFinite(top) ? top : T.Zero, 0.0);
        for (var i = Next(gap, 0); i < gap.Length; i = Next(gap, i + 1))
        {
            sum += gap[i] == T.Zero ? 0 : double.CreateTruncating(scores[i] - origin) * double.CreateTruncating(gap[i]);
        }

        return sum;
    }

    private static double Regularizer<T>(ReadOnlySpan<T> mask, PNorm norm)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (var i = Next(mask, 0); i < mask.Length; i = Next(mask, i + 1))
        {
            var y = double.CreateTruncating(mask[i]);
            sum += y == 1 ? 1 : norm.P == 2 ? y * y : Math.Pow(y, norm.P);
        }

        return norm.Lambda / norm.P * sum;
    }

    /// <summary>The next entry, from a place on, that is not 0; the length where there is none.</summary>
    private static int Next<T>(ReadOnlySpan<T> row, int from)
        where T : unmanaged
    {
        var rest = row[from..];
        var next = typeof(T) == typeof(float)
            ? MemoryMarshal.Cast<T, int>(rest).IndexOfAnyExcept(0)
            : MemoryMarshal.Cast<T, long>(rest).IndexOfAnyExcept(0L);
        return next < 0 ? row.Length : from + next;
    }
}

/// <summary>What the loss takes besides scores and targets.</summary>
internal sealed record FenchelYoungSettings(long K, PNorm Norm, double Smoothing)
{
    /// <summary>What smoothing leaves of the target.</summary>
    public double TargetShare => 1 - Smoothing;

    /// <summary>What smoothing adds to each of n entries.</summary>
    public double UniformShare(long n) => Smoothing * K / n;

    /// <summary>The regularizer of k/n everywhere, times its share.</summary>
    public double SmoothedRegularizer(long n) => Smoothing * n * Norm.Lambda / Norm.P * Math.Pow((double)K / n, Norm.P);
}
