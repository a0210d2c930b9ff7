namespace SparseTopK.Torch;

/// <summary>A number that depends on the training step: a sparsity that rises, a strength that is annealed.</summary>
/// <remarks>
/// <para>Up to the step <see cref="Begin"/> the value is <see cref="From"/>, and <see cref="Steps"/> later and from then on it is
/// <see cref="To"/>, exactly. Between them it follows <see cref="Shape"/>, and moves every <see cref="Every"/> steps alone.</para>
/// <para>A schedule is immutable, and equal to another of the same settings.</para>
/// <para>Source of the cubic shape: Zhu and Gupta, <i>To prune, or not to prune: exploring the efficacy of pruning for model
/// compression</i>, 2017, arXiv:1710.01878, section 3.</para>
/// </remarks>
public sealed record Schedule
{
    private Schedule(ScheduleShape shape, double from, double to, long steps, long begin, long every)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        ArgumentOutOfRangeException.ThrowIfNegative(begin);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(every);
        CheckValue(from, shape, nameof(from));
        CheckValue(to, shape, nameof(to));
        (Shape, From, To, Steps, Begin, Every) = (shape, from, to, steps, begin, every);
    }

    /// <summary>How the value goes from <see cref="From"/> to <see cref="To"/>.</summary>
    public ScheduleShape Shape { get; }

    /// <summary>The first value.</summary>
    public double From { get; }

    /// <summary>The last value.</summary>
    public double To { get; }

    /// <summary>How many steps the way takes.</summary>
    public long Steps { get; }

    /// <summary>The step at which the value starts to move.</summary>
    public long Begin { get; }

    /// <summary>How many steps the value rests between two moves.</summary>
    public long Every { get; }

    /// <summary>The same value at every step.</summary>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentOutOfRangeException">value is not finite.</exception>
    public static Schedule Constant(double value)
    {
        CheckValue(value, ScheduleShape.Constant, nameof(value));
        return new(ScheduleShape.Constant, value, value, 1, 0, 1);
    }

    /// <summary>A straight line: from + (to - from) u.</summary>
    /// <param name="from">The value up to begin.</param>
    /// <param name="to">The value from begin + steps on.</param>
    /// <param name="steps">How many steps the way takes, above 0.</param>
    /// <param name="begin">The step at which it starts, 0 or more.</param>
    /// <param name="every">How many steps the value rests between two moves, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range, or not finite.</exception>
    public static Schedule Linear(double from, double to, long steps, long begin = 0, long every = 1) =>
        new(ScheduleShape.Linear, from, to, steps, begin, every);

    /// <summary>The cubic of gradual pruning (Zhu and Gupta 2017): to + (from - to)(1 - u)^3.</summary>
    /// <inheritdoc cref="Linear"/>
    public static Schedule Cubic(double from, double to, long steps, long begin = 0, long every = 1) =>
        new(ScheduleShape.Cubic, from, to, steps, begin, every);

    /// <summary>The same factor every step: from (to/from)^u. Both ends are above 0.</summary>
    /// <inheritdoc cref="Linear"/>
    public static Schedule Exponential(double from, double to, long steps, long begin = 0, long every = 1) =>
        new(ScheduleShape.Exponential, from, to, steps, begin, every);

    /// <summary>Half a wave of the cosine: to + (from - to)(1 + cos(pi u))/2.</summary>
    /// <inheritdoc cref="Linear"/>
    public static Schedule Cosine(double from, double to, long steps, long begin = 0, long every = 1) =>
        new(ScheduleShape.Cosine, from, to, steps, begin, every);

    /// <summary>The value at a step. It never leaves the range between <see cref="From"/> and <see cref="To"/>.</summary>
    /// <param name="step">How many training steps are done: 0 before the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">step is negative.</exception>
    public double At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (step - Begin >= Steps)
        {
            return To;
        }

        var moves = Math.Max(step - Begin, 0) / Every;
        return moves == 0 ? From : Math.Clamp(On((double)(moves * Every) / Steps), Math.Min(From, To), Math.Max(From, To));
    }

    private static void CheckValue(double value, ScheduleShape shape, string name)
    {
        if (!double.IsFinite(value) || (shape == ScheduleShape.Exponential && value <= 0))
        {
            var needed = shape == ScheduleShape.Exponential ? "finite and above 0" : "finite";
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {needed}.");
        }
    }

    private double On(double u) => Shape switch
    {
        ScheduleShape.Linear => Between(u),
        ScheduleShape.Cubic => Between(1 - Math.Pow(1 - u, 3)),
        ScheduleShape.Exponential => Math.Pow(From, 1 - u) * Math.Pow(To, u),
        ScheduleShape.Cosine => Between((1 - Math.Cos(Math.PI * u)) / 2),
        _ => To,
    };

    /// <summary>The two ends weighed: their difference may be no double.</summary>
    private double Between(double share) => (From * (1 - share)) + (To * share);
}
