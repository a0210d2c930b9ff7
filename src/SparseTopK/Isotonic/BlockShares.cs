using System.Numerics;
using System.Numerics.Tensors;
using SparseTopK.Internals;

namespace SparseTopK.Isotonic;

/// <summary>How much each entry moves the value of its block: dv/dx_i = c_i/(sum over the block of c_j + E).</summary>
/// <remarks>c_i = w_i and E = 0 for least squares; else, with the equation of <see cref="PNormProblem{TPower}"/>, c_i = a |u_i - d|^(a-1)
/// and E = W Rate.</remarks>
internal readonly ref struct BlockShares(IsotonicObjective objective, Span<double> shares, Span<double> scores, Span<double> weights)
{
    private readonly Span<double> _shares = shares;
    private readonly Span<double> _scores = scores;
    private readonly Span<double> _weights = weights;

    /// <summary>The shares of one row; empty where all entries of a block have the same.</summary>
    public ReadOnlySpan<double> Find<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<T> w, ReadOnlySpan<int> ends)
        where T : unmanaged, INumberBase<T>
    {
        if (objective.Term == IsotonicTerm.None)
        {
            if (!w.IsEmpty)
            {
                TensorPrimitives.ConvertTruncating(w, _shares);
                TensorPrimitives.Multiply(_shares, Stretch.UnitOf<double>(_shares), _shares);
                Normalize(ends, 0);
            }

            return w.IsEmpty ? [] : _shares;
        }

        if (objective.Norm.ResponseExponent == 1 && objective.Term == IsotonicTerm.Linear)
        {
            return [];
        }

        var largest = Stretch.Largest(x);
        switch (objective.Norm.ResponseExponent)
        {
            case 1:
                Find<T, FirstPower>(x, v, w, ends, largest, default);
                break;
            case 2:
                Find<T, SecondPower>(x, v, w, ends, largest, default);
                break;
            case 3:
                Find<T, ThirdPower>(x, v, w, ends, largest, default);
                break;
            case var a:
                Find<T, RealPower>(x, v, w, ends, largest, new(a));
                break;
        }

        return _shares;
    }

    private void Find<T, TPower>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> v, ReadOnlySpan<T> w, ReadOnlySpan<int> ends, double largest, TPower power)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var unit = new PNormUnit<TPower>(objective, IsotonicOrder.Decreasing, largest, power);
        unit.Enter(x, w, _scores, _weights);
        if (typeof(TPower) == typeof(FirstPower))
        {
            _shares.Fill(1);
        }
        else
        {
            Slopes(v, ends, unit, power);
        }

        Normalize(ends, unit.Rate);
    }

    /// <summary>a |u_i - d|^(a-1), d polished from the entries.</summary>
    private void Slopes<T, TPower>(ReadOnlySpan<T> v, ReadOnlySpan<int> ends, PNormUnit<TPower> unit, TPower power)
        where T : unmanaged, INumberBase<T>
        where TPower : struct, IPower
    {
        var a = unit.Norm.ResponseExponent;
        var problem = new PNormProblem<TPower>(_scores, _weights, [], power, a, unit.Constant, unit.Rate);
        foreach (var (start, end) in Blocks.Of(ends))
        {
            var d = double.CreateTruncating(v[start]) / unit.Size;
            d = problem.Root(start, end, d - unit.Reach(d), d + unit.Reach(d), d);
            SlopesAt(_scores[start..end], _shares[start..end], d, power);
        }

        TensorPrimitives.Multiply(_shares, a, _shares);
    }

    /// <summary>|u_i - d|^(a-1). Where that is infinite (a &lt; 1), the entries at d alone count, all alike.</summary>
    private void SlopesAt<TPower>(ReadOnlySpan<double> scores, Span<double> slopes, double d, TPower power)
        where TPower : struct, IPower
    {
        if (objective.Norm.ResponseExponent < 1 && scores.Contains(d))
        {
            for (var i = 0; i < scores.Length; i++)
            {
                slopes[i] = scores[i] == d ? RealPower.LargestSlope : 0;
            }

            return;
        }

        Span<double> lanes = stackalloc double[Vector<double>.Count];
        for (var i = 0; i < scores.Length; i += lanes.Length)
        {
            var filled = Math.Min(lanes.Length, scores.Length - i);
            lanes.Fill(d);
            scores.Slice(i, filled).CopyTo(lanes);
            power.Slope(Vector.Abs(new Vector<double>(lanes) - Vector.Create(d))).CopyTo(lanes);
            lanes[..filled].CopyTo(slopes[i..]);
        }
    }

    /// <summary>c_i/(sum over the block of c_j + rate w_j). A block in which all of them are 0 shares equally.</summary>
    private void Normalize(ReadOnlySpan<int> ends, double rate)
    {
        foreach (var (start, end) in Blocks.Of(ends))
        {
            var shares = _shares[start..end];
            var total = 0.0;
            for (var i = start; i < end; i++)
            {
                total += _shares[i] + (rate == 0 ? 0 : rate * _weights[i]);
            }

            if (total > 0)
            {
                TensorPrimitives.Divide(shares, total, shares);
            }
            else
            {
                shares.Fill(1.0 / shares.Length);
            }
        }
    }
}
