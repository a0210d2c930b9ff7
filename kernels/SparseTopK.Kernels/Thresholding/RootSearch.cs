using SparseTopK.Internals;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>The search for the root of one row as a state: passes over the keys, wherever they are made, take it from one to the next.</summary>
/// <remarks>It is the search of the core's ThresholdSearch: first a theta near the root in plain float64, then the offset from a key near
/// it, to the last digit at any scale. Every thread of a team holds the same state.</remarks>
internal struct RootSearch
{
    /// <summary>A sample with fewer keys than this says nothing.</summary>
    private const int LeastSample = 16;

    private NewtonBracket _bracket;
    private int _rowK;
    private double _k;
    private double _slack;
    private double _sampledLow;
    private double _smallest;
    private double _largest;
    private int _steps;
    private RootKind _kind;

    /// <summary>What the next pass is for.</summary>
    public SearchStage Stage { get; private set; }

    /// <summary>Not 0 where the next pass reads a sample of so many entries.</summary>
    public int SampleSize { get; private set; }

    /// <summary>Not 0 where the next pass reads the whole row, and not the keys that are still undecided.</summary>
    public int ReadsRow { get; private set; }

    /// <summary>Where the next pass looks: theta = Anchor + Offset.</summary>
    public double Anchor { get; private set; }

    /// <summary>theta less the anchor.</summary>
    public double Offset { get; private set; }

    /// <summary>The distance above theta from which keys are saturated.</summary>
    public double Width { get; private set; }

    /// <summary>1 / Width.</summary>
    public double InverseWidth { get; private set; }

    /// <summary>Keys at or below it are decided: 0.</summary>
    public double Low { get; private set; }

    /// <summary>Keys from it up are decided: saturated.</summary>
    public double Cut { get; private set; }

    /// <summary>A search of which nothing is known.</summary>
    /// <param name="k">How many to choose, of n.</param>
    /// <param name="n">The entries of the row.</param>
    /// <param name="sampleSize">How many entries to look at first for a bracket; 0 for none.</param>
    public static RootSearch Of(int k, int n, int sampleSize)
    {
        var search = default(RootSearch);
        search._rowK = k;
        search.Restart();
        search.SampleSize = k > 0 && k < n ? sampleSize : 0;
        if (k < 0 || k > n)
        {
            search.End(RootKind.Invalid, 0);
        }

        return search;
    }

    /// <summary>The root, after the end of the search.</summary>
    public readonly Root Result<TPower>(Equation<TPower> equation)
        where TPower : struct, IScalarPower =>
        _kind == RootKind.Invalid ? Root.Invalid
        : _kind == RootKind.Interior ? Root.Interior(Anchor, Offset, Width)
        : _rowK == 0 ? Root.KeepNone
        : double.IsInfinity(Anchor) ? equation.KeepAll()
        : equation.Hard(Anchor);

    /// <summary>Takes what a pass has found, and says what the next one is for.</summary>
    /// <param name="equation">The equation of the row.</param>
    /// <param name="tally">Of all threads.</param>
    /// <param name="n">The entries of the row.</param>
    public void Advance<TPower>(Equation<TPower> equation, Tally tally, int n)
        where TPower : struct, IScalarPower
    {
        Take(equation, tally, n);

        // Here alone: a kernel holds a copy of a power for each place that takes one.
        Width = equation.Width(Anchor + Offset);
        InverseWidth = 1 / Width;
    }

    private void Take<TPower>(Equation<TPower> equation, Tally tally, int n)
        where TPower : struct, IScalarPower
    {
        if (double.IsNaN(tally.Free))
        {
            End(RootKind.Invalid, 0);
        }
        else if (Stage == SearchStage.Survey)
        {
            if (SampleSize > 0)
            {
                SurveySample(equation, tally, n);
            }
            else
            {
                Survey(equation, tally);
            }
        }
        else if (Stage == SearchStage.Classify)
        {
            Classify(equation, tally);
        }
        else if (Stage == SearchStage.Seek)
        {
            Leave(equation, tally.Smallest);
        }
        else
        {
            Narrow(equation, tally, n);
        }
    }

    private void SurveySample<TPower>(Equation<TPower> equation, Tally tally, int n)
        where TPower : struct, IScalarPower
    {
        var (expected, margin, slack) = Sample.Expect(_rowK, SampleSize, n);
        if (tally.Free < LeastSample || expected + margin >= 0.9 * tally.Free)
        {
            Restart();
            return;
        }

        (_k, _slack, _smallest, _largest, _sampledLow) = (expected + margin, slack, tally.Smallest, tally.Largest, double.NaN);
        Begin(equation, _smallest, _largest);
    }

    /// <summary>The lower end of the sampled bracket, then its upper end, and then the row itself.</summary>
    private void EndSample<TPower>(Equation<TPower> equation, int n)
        where TPower : struct, IScalarPower
    {
        var (expected, margin, slack) = Sample.Expect(_rowK, SampleSize, n);
        var high = double.PositiveInfinity;
        if (!double.IsNaN(_sampledLow))
        {
            high = Offset;
        }
        else
        {
            _sampledLow = Offset;
            if (expected - margin > 1 && _rowK > n / 32)
            {
                (_k, _slack) = (expected - margin, slack);
                Begin(equation, _smallest, _largest);
                return;
            }
        }

        var low = _sampledLow;
        Restart();
        _bracket = new NewtonBracket(low, high, BracketEnds.None);
        (Stage, Low, Cut, Offset) = (SearchStage.Near, low, high > double.MaxValue ? high : equation.Cut(high), low);
    }

    private void Survey<TPower>(Equation<TPower> equation, Tally tally)
        where TPower : struct, IScalarPower
    {
        if (_k == 0)
        {
            End(RootKind.Hard, 0);
        }
        else if (tally.Free <= _k)
        {
            End(RootKind.Hard, tally.Free < _k ? double.NegativeInfinity : tally.Smallest);
        }
        else
        {
            Begin(equation, tally.Smallest, tally.Largest);
        }
    }

    private void Narrow<TPower>(Equation<TPower> equation, Tally tally, int n)
        where TPower : struct, IScalarPower
    {
        if (_bracket.High > double.MaxValue)
        {
            // Only the sample's lower end was known: nothing is above the largest key, which this pass has seen.
            _bracket = new NewtonBracket(_bracket.Low, tally.Largest, BracketEnds.High);
        }

        ReadsRow = 0;
        var (theta, looked) = (Anchor + Offset, Offset);
        var kappa = _k - tally.Saturated;
        var value = new EquationValue(
            tally.Free - kappa, equation.Slope(tally.Slope, kappa, theta, Width), Rounding.Noise(tally.Free, n), equation.Scale(theta, Width));
        var near = Stage == SearchStage.Near;
        var tolerance = _slack > 0 ? 0.0 : near ? NewtonBracket.NearStep(equation) : NewtonBracket.ExactStep(equation);
        var offset = Offset;
        var step = _bracket.Advance(equation, value, Anchor, _slack, tolerance, ref offset);
        if (step == BracketStep.Outside)
        {
            Restart();
            return;
        }

        _steps++;
        if (near)
        {
            // What the bracket decides of the keys; its upper end has moved here, if at all.
            (Low, Cut) = (_bracket.Low, value.Residual < 0 ? Equation<TPower>.Cut(looked, Width) : Cut);
        }

        Offset = offset;
        if (step == BracketStep.Continue && _steps < NewtonBracket.MostSteps)
        {
            return;
        }

        _steps = 0;
        if (SampleSize > 0)
        {
            EndSample(equation, n);
        }
        else if (!near)
        {
            Finish(equation, tally.Inner);
        }
        else if (_bracket.IsInside(Offset) || looked == _bracket.Low)
        {
            Leave(equation, tally.Smallest);
        }
        else
        {
            // The root is an end of the bracket: what lies above its lower end has to be seen first.
            Stage = SearchStage.Seek;
        }
    }

    /// <summary>Leaves the first stage for the second.</summary>
    private void Leave<TPower>(Equation<TPower> equation, double key)
        where TPower : struct, IScalarPower
    {
        _bracket.Anchor(equation, Offset, key, out var anchor, out var offset);
        (Anchor, Offset, Stage) = (anchor, offset, SearchStage.Exact);
    }

    private void Finish<TPower>(Equation<TPower> equation, double inner)
        where TPower : struct, IScalarPower
    {
        if (inner > 0)
        {
            EndInterior(equation);
        }
        else
        {
            (Stage, ReadsRow) = (SearchStage.Classify, 1);
        }
    }

    /// <summary>Tells a gap, where the hard operator is exact, from an interior solution.</summary>
    private void Classify<TPower>(Equation<TPower> equation, Tally tally)
        where TPower : struct, IScalarPower
    {
        var isGap = tally.Inner == 0 && tally.Saturated == _k && equation.IsGap(tally.Smallest, Math.Max(tally.Largest, equation.LeastKey));
        if (isGap)
        {
            End(RootKind.Hard, tally.Smallest);
        }
        else
        {
            EndInterior(equation);
        }
    }

    /// <summary>An interior root, unless it lies at another cluster of keys than its anchor: then it gets one there.</summary>
    private void EndInterior<TPower>(Equation<TPower> equation)
        where TPower : struct, IScalarPower
    {
        if (!_bracket.Release(equation, Anchor, Offset))
        {
            End(RootKind.Interior, Anchor);
            return;
        }

        (Stage, ReadsRow, Anchor, Offset, Low) = (SearchStage.Seek, 0, 0, _bracket.Low, _bracket.Low);
    }

    private void Begin<TPower>(Equation<TPower> equation, double smallest, double largest)
        where TPower : struct, IScalarPower
    {
        var low = equation.Lowest(smallest);
        _bracket = new NewtonBracket(low, largest, BracketEnds.Both);
        (Stage, Low, Cut, Offset) = (SearchStage.Near, low, double.PositiveInfinity, NewtonBracket.Midpoint(equation, low, largest, 0));
    }

    private void Restart()
    {
        (Stage, SampleSize, ReadsRow, Anchor, Offset, _steps) = (SearchStage.Survey, 0, 1, 0, 0, 0);
        (_k, _slack) = (_rowK, 0);
    }

    /// <param name="kind">What the root is.</param>
    /// <param name="anchor">The key from which an interior root is counted; the smallest key of a hard one, or -infinity where all are kept.</param>
    private void End(RootKind kind, double anchor)
    {
        (_kind, Anchor, Stage, SampleSize) = (kind, anchor, SearchStage.Done, 0);
    }
}

/// <summary>What a pass over the keys is for.</summary>
internal enum SearchStage
{
    /// <summary>How many keys may be chosen, and between what they lie.</summary>
    Survey,

    /// <summary>A theta near the root.</summary>
    Near,

    /// <summary>The smallest key above the lower end.</summary>
    Seek,

    /// <summary>The offset of the root from a key, to the last digit.</summary>
    Exact,

    /// <summary>Whether the solution is a hard one.</summary>
    Classify,

    /// <summary>None.</summary>
    Done,
}
