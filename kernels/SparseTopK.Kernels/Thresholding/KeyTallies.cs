using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>What a pass gathers of the keys that it is shown, one after the other.</summary>
internal interface IKeyTally
{
    void Add(double key);

    Tally Result { get; }
}

/// <summary>How many keys may be chosen, and between what they lie; NaN for a row that holds what the operator does not admit.</summary>
internal struct SurveyTally(double leastKey) : IKeyTally
{
    private double _count;
    private double _smallest = double.PositiveInfinity;
    private double _largest = double.NegativeInfinity;

    public readonly Tally Result => Tally.None with { Free = _count, Smallest = _smallest, Largest = _largest };

    public static bool IsAdmitted(double key) => !double.IsNaN(key) && key <= double.MaxValue;

    public void Add(double key)
    {
        if (!IsAdmitted(key))
        {
            _count = double.NaN;
        }
        else if (key > leastKey)
        {
            _count++;
            _smallest = Math.Min(_smallest, key);
            _largest = Math.Max(_largest, key);
        }
    }
}

/// <summary>How many keys a hard solution at this theta keeps, the smallest of them, and the largest that it drops.</summary>
internal struct ClassifyTally(in RootSearch search) : IKeyTally
{
    private readonly double _anchor = search.Anchor;
    private readonly double _offset = search.Offset;
    private readonly double _inverse = search.InverseWidth;
    private int _kept;
    private int _inner;
    private double _smallest = double.PositiveInfinity;
    private double _largest = double.NegativeInfinity;

    public readonly Tally Result => new(0, 0, _kept, _inner, _smallest, _largest);

    public void Add(double key)
    {
        var v = (key - _anchor - _offset) * _inverse;
        _inner += v > NewtonBracket.Edge && v < 1 - NewtonBracket.Edge ? 1 : 0;
        _kept += v >= 0.5 ? 1 : 0;
        _smallest = v >= 0.5 ? Math.Min(_smallest, key) : _smallest;
        _largest = v >= 0.5 ? _largest : Math.Max(_largest, key);
    }
}

/// <summary>The smallest key above the lower end.</summary>
internal struct SeekTally(double low) : IKeyTally
{
    private double _smallest = double.PositiveInfinity;

    public readonly Tally Result => Tally.None with { Smallest = _smallest };

    public void Add(double key) => _smallest = key > low ? Math.Min(_smallest, key) : _smallest;
}

/// <summary>The left side of the equation at one theta.</summary>
internal struct EquationTally<TPower, TSum>(in RootSearch search, TPower power) : IKeyTally
    where TPower : struct, IScalarPower
    where TSum : struct, ISum<TSum>
{
    private readonly double _anchor = search.Anchor;
    private readonly double _offset = search.Offset;
    private readonly double _inverse = search.InverseWidth;
    private TSum _free;
    private double _spoiled;
    private double _slope;
    private int _saturated;
    private int _inner;
    private double _smallest = double.PositiveInfinity;

    public readonly Tally Result => new(_free.Value + _spoiled, _slope, _saturated, _inner, _smallest, double.NegativeInfinity);

    /// <summary>The row holds what the operator does not admit.</summary>
    public void Spoil() => _spoiled = double.NaN;

    public void Add(double key)
    {
        var v = (key - _anchor - _offset) * _inverse;
        var isFull = v >= 1;
        var free = isFull ? 0.0 : Math.Max(v, 0);
        _smallest = v > 0 ? Math.Min(_smallest, key) : _smallest;
        _saturated += isFull ? 1 : 0;
        _inner += free * (1 - free) > NewtonBracket.Edge ? 1 : 0;
        var slope = power.Slope(free);
        _slope += slope;
        _free = _free.Plus(slope * free);
    }
}
