using System.Numerics;
using System.Runtime.CompilerServices;

namespace SparseTopK.Isotonic;

/// <summary>Neighbours that share one value, more than one of them.</summary>
internal readonly record struct Pool(int Start, int End, double Value, double Weight)
{
    /// <summary>The weighted mean of both.</summary>
    public static Pool Join(in Pool left, in Pool right)
    {
        var weight = left.Weight + right.Weight;
        return new(left.Start, right.End, left.Value + ((right.Value - left.Value) * (right.Weight / weight)), weight);
    }
}

/// <summary>Least squares by pooling adjacent violators, in strides: argmin of sum w_i (x_i - v_i)^2 over v_1 &gt;= ... &gt;= v_n.</summary>
/// <remarks>A row falls into stretches that decrease, whose entries need no look of their own, and stretches that increase, each of
/// which is pooled at once. What a pool then absorbs on either side it takes in strides that double, for as long as every entry of
/// a stride would have been absorbed one by one. O(n), and a few vector instructions per entry where the stretches are long.</remarks>
/// <param name="x">The row.</param>
/// <param name="weights">Its weights, or empty: all 1.</param>
/// <param name="unit">A number that brings the weights near 1.</param>
internal readonly ref struct LeastSquares<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> weights, double unit = 1)
    where T : unmanaged, INumberBase<T>
{
    /// <summary>Entries to absorb one by one before a stride is tried.</summary>
    private const int Patience = 8;

    private readonly ReadOnlySpan<T> _x = x;
    private readonly ReadOnlySpan<T> _weights = weights;

    /// <summary>Writes the pools of the solution, in order, and returns their number; all other entries keep their own value.</summary>
    /// <param name="pools">At least n/2 long.</param>
    public int Solve(Span<Pool> pools)
    {
        var count = 0;
        var i = 0;
        while ((i = Stretch.DecreasingEnd(_x, i)) < _x.Length - 1)
        {
            var (start, end, value, weight) = PoolOf(i, Stretch.IncreasingEnd(_x, i + 1) + 1);
            var floor = count > 0 ? pools[count - 1].End : 0;
            var stride = 1;
            while (true)
            {
                if (floor < start)
                {
                    if (Value(start - 1) < value)
                    {
                        if (stride < Patience)
                        {
                            Mix(ref value, ref weight, --start);
                            stride++;
                        }
                        else
                        {
                            (start, end, value, weight) = AbsorbLeft(new(start, end, value, weight), floor, ref stride);
                        }

                        continue;
                    }
                }
                else if (count > 0 && pools[count - 1].Value < value)
                {
                    (start, end, value, weight) = Pool.Join(pools[--count], new(start, end, value, weight));
                    floor = count > 0 ? pools[count - 1].End : 0;
                    continue;
                }

                if (end == _x.Length || !(Value(end) > value))
                {
                    break;
                }

                if (stride < Patience)
                {
                    Mix(ref value, ref weight, end++);
                    stride++;
                }
                else
                {
                    (start, end, value, weight) = AbsorbRight(new(start, end, value, weight), ref stride);
                }
            }

            pools[count++] = new(start, end, value, weight);
            i = end;
            if (i == _x.Length)
            {
                break;
            }
        }

        return count;
    }

    private double Value(int i) => double.CreateTruncating(_x[i]);

    /// <summary>A pool with one entry more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Mix(ref double value, ref double weight, int i)
    {
        var w = _weights.IsEmpty ? 1 : double.CreateTruncating(_weights[i]) * unit;
        weight += w;
        value += (Value(i) - value) * (w / weight);
    }

    /// <summary>Takes as many single entries on the left as fit a stride.</summary>
    private Pool AbsorbLeft(in Pool pool, int floor, ref int stride)
    {
        var first = Math.Max(floor, pool.Start - stride);
        var joined = Pool.Join(PoolOf(first, pool.Start), pool);

        // The entries decrease, so that the first is the largest: below the joint mean, each was below the mean when its turn came.
        return Accept(pool, joined, Value(first) < joined.Value, ref stride);
    }

    /// <summary>Takes as many entries on the right as fit a stride.</summary>
    private Pool AbsorbRight(in Pool pool, ref int stride)
    {
        var last = Math.Min(_x.Length, pool.End + stride);
        var joined = Pool.Join(pool, PoolOf(pool.End, last));
        return Accept(pool, joined, double.CreateTruncating(Stretch.Min(_x[pool.End..last])) > joined.Value, ref stride);
    }

    private static Pool Accept(in Pool pool, in Pool joined, bool accepted, ref int stride)
    {
        stride = accepted ? Math.Min(2 * stride, 1 << 16) : stride / 4;
        return accepted ? joined : pool;
    }

    private Pool PoolOf(int start, int end)
    {
        var anchor = Value(start);
        var (sum, weight) = Sum(start, end, anchor);
        return new(start, end, anchor + (sum / weight), weight);
    }

    /// <summary>sum w_i (x_i - anchor) and sum w_i over [start, end).</summary>
    private (double Sum, double Weight) Sum(int start, int end, double anchor)
    {
        if (end - start >= 2 * Vector<T>.Count)
        {
            return Stretch.Sum(_x[start..end], _weights.IsEmpty ? [] : _weights[start..end], anchor, unit);
        }

        var (sum, weight) = (0.0, 0.0);
        for (var i = start; i < end; i++)
        {
            var w = _weights.IsEmpty ? 1 : double.CreateTruncating(_weights[i]) * unit;
            sum += w * (Value(i) - anchor);
            weight += w;
        }

        return (sum, weight);
    }
}
