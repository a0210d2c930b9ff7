using SparseTopK.Internals;
using SparseTopK.Isotonic;

namespace SparseTopK.Kernels.Isotonic;

/// <summary>The x_i and the weights of a row.</summary>
internal interface IEntries
{
    double Value(int i);

    double Weight(int i);
}

/// <summary>An objective of isotonic regression on one row: the blocks of its pooling, and its derivative.</summary>
internal interface IRegressionTerm<TTerm, TBlock>
    where TTerm : struct, IRegressionTerm<TTerm, TBlock>
    where TBlock : unmanaged, IValued
{
    /// <param name="objective">The objective.</param>
    /// <param name="order">Which way v runs.</param>
    /// <param name="largest">max |x|.</param>
    /// <param name="weight">The largest weight.</param>
    static abstract TTerm Of(IsotonicObjective objective, IsotonicOrder order, double largest, double weight);

    /// <summary>Rate of the equation of a block.</summary>
    double Rate { get; }

    TBlock Single(int end, double x, double w);

    TBlock Join(in TBlock left, in TBlock right);

    /// <summary>An entry of v from the value of its block.</summary>
    double Leave(double value);

    /// <summary>The value of a block, its last digits from the entries themselves.</summary>
    double Polish<TEntries>(TEntries entries, int start, in TBlock block)
        where TEntries : struct, IEntries;

    /// <summary>The value of the block [start, end) from its v, which may have been rounded.</summary>
    double Enter<TEntries>(TEntries entries, int start, int end, double v)
        where TEntries : struct, IEntries;

    /// <summary>c of an entry, in a block of that value: see <see cref="IsotonicRegression"/>.</summary>
    double Slope(double x, double w, double value);
}

/// <summary>Least squares.</summary>
internal readonly struct SquaresTerm(double factor, double weightUnit) : IRegressionTerm<SquaresTerm, QuadraticBlock>
{
    public double Rate => 0.0;

    public static SquaresTerm Of(IsotonicObjective objective, IsotonicOrder order, double largest, double weight) =>
        new(LeastSquaresRow.Factor(order, largest), Stretch.UnitFor(weight));

    public QuadraticBlock Single(int end, double x, double w) => new(end, x * factor, w * weightUnit);

    public QuadraticBlock Join(in QuadraticBlock left, in QuadraticBlock right) => QuadraticBlock.Join(left, right, 0, 0);

    public double Leave(double value) => value / factor;

    public double Polish<TEntries>(TEntries entries, int start, in QuadraticBlock block)
        where TEntries : struct, IEntries => block.Value;

    public double Enter<TEntries>(TEntries entries, int start, int end, double v)
        where TEntries : struct, IEntries => v;

    public double Slope(double x, double w, double value) => w * weightUnit;
}

/// <summary>A term and p = 2.</summary>
internal readonly struct MeanTerm(PNormUnit<FirstPower> unit) : IRegressionTerm<MeanTerm, QuadraticBlock>
{
    public double Rate => unit.Rate;

    public static MeanTerm Of(IsotonicObjective objective, IsotonicOrder order, double largest, double weight) =>
        new(new(objective, order, largest, default));

    public QuadraticBlock Single(int end, double x, double w) =>
        new(end, unit.Mean(unit.Score(x), unit.Weight(w)), unit.Factor(unit.Weight(w)));

    public QuadraticBlock Join(in QuadraticBlock left, in QuadraticBlock right) => QuadraticBlock.Join(left, right, unit.Constant, unit.Rate);

    public double Leave(double value) => unit.Leave(value);

    public double Polish<TEntries>(TEntries entries, int start, in QuadraticBlock block)
        where TEntries : struct, IEntries => block.Value;

    public double Enter<TEntries>(TEntries entries, int start, int end, double v)
        where TEntries : struct, IEntries => v;

    public double Slope(double x, double w, double value) => 1.0;
}

/// <summary>A term and p = 4/3.</summary>
internal readonly struct QuarticTerm(PNormUnit<ThirdPower> unit) : IRegressionTerm<QuarticTerm, QuarticBlock>
{
    public double Rate => unit.Rate;

    public static QuarticTerm Of(IsotonicObjective objective, IsotonicOrder order, double largest, double weight) =>
        new(new(objective, order, largest, default));

    public QuarticBlock Single(int end, double x, double w)
    {
        var (score, weight) = (unit.Score(x), unit.Weight(w));
        return QuarticBlock.Of(end, score, unit.Single(score, weight), weight, unit.Rate);
    }

    public QuarticBlock Join(in QuarticBlock left, in QuarticBlock right) => QuarticBlock.Join(left, right, unit.Constant, unit.Rate);

    public double Leave(double value) => unit.Leave(value);

    public double Polish<TEntries>(TEntries entries, int start, in QuarticBlock block)
        where TEntries : struct, IEntries
    {
        if (block.End - start == 1)
        {
            return block.Value;
        }

        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var i = start; i < block.End; i++)
        {
            var single = unit.Single(unit.Score(entries.Value(i)), unit.Weight(entries.Weight(i)));
            (low, high) = (Math.Min(low, single), Math.Max(high, single));
        }

        return Root(entries, start, block.End, low, high, Math.Max(low, Math.Min(block.Value, high)));
    }

    public double Enter<TEntries>(TEntries entries, int start, int end, double v)
        where TEntries : struct, IEntries
    {
        var d = v / unit.Size;
        return Root(entries, start, end, d - unit.Reach(d), d + unit.Reach(d), d);
    }

    public double Slope(double x, double w, double value) => 3 * default(ThirdPower).Slope(Math.Abs(unit.Score(x) - value));

    private double Root<TEntries>(TEntries entries, int start, int end, double low, double high, double d)
        where TEntries : struct, IEntries =>
        SafeguardedNewton.Root(
            new BlockEquation<ThirdPower, UnitScores<TEntries>>(
                new(entries, unit), start, end, default, 3, unit.Constant, unit.Rate),
            low, high, d);

    private readonly struct UnitScores<TEntries>(TEntries entries, PNormUnit<ThirdPower> unit) : IScores
        where TEntries : struct, IEntries
    {
        public double Score(int i) => unit.Score(entries.Value(i));

        public double Weight(int i) => unit.Weight(entries.Weight(i));
    }
}
