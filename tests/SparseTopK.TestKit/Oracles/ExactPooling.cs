using System.Numerics;

namespace SparseTopK.TestKit;

/// <summary>Decreasing isotonic regression in integers, without rounding: ties stay ties however long the row.</summary>
public static class ExactPooling
{
    /// <summary>Finer than any bit of the numbers that tests give.</summary>
    private const int Digits = 160;

    /// <summary>x as an integer multiple of 2^-160, exactly.</summary>
    public static BigInteger Of(double x)
    {
        if (x == 0)
        {
            return BigInteger.Zero;
        }

        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(x));
        var exponent = (int)(bits >> 52);
        var mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        var shift = Digits + Math.Max(1, exponent) - 1075;
        var exact = shift >= 0 ? (BigInteger)mantissa << shift
            : mantissa % (1L << Math.Min(62, -shift)) == 0 && -shift < 63 ? mantissa >> -shift
            : throw new ArgumentOutOfRangeException(nameof(x), x, "The number has bits below 2^-160.");
        return x < 0 ? -exact : exact;
    }

    /// <summary>The ends of the blocks of least squares: neighbours are joined where the later mean is not below the earlier.</summary>
    public static int[] Blocks(IEnumerable<BigInteger> values)
    {
        var blocks = new Stack<(int End, int Length, BigInteger Sum)>();
        var end = 0;
        foreach (var value in values)
        {
            var (length, sum) = (1, value);
            end++;
            while (blocks.TryPeek(out var before) && before.Sum * length <= sum * before.Length)
            {
                blocks.Pop();
                (length, sum) = (length + before.Length, sum + before.Sum);
            }

            blocks.Push((end, length, sum));
        }

        return [.. blocks.Reverse().Select(block => block.End)];
    }

    /// <summary>The mean of each block of an exact row, rounded once, at each of its entries.</summary>
    public static double[] Means(BigInteger[] values, int[] ends)
    {
        var means = new double[values.Length];
        var start = 0;
        foreach (var end in ends)
        {
            var sum = values[start..end].Aggregate(BigInteger.Zero, (total, value) => total + value);
            Array.Fill(means, Rounded(sum, end - start), start, end - start);
            start = end;
        }

        return means;
    }

    /// <summary>sum/(count 2^160) with 64 bits.</summary>
    private static double Rounded(BigInteger sum, int count)
    {
        var quotient = (sum << 64) / count;
        return Math.ScaleB((double)quotient, -Digits - 64);
    }
}
