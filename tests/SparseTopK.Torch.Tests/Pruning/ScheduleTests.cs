namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Schedules, which need no tensors.</summary>
public class ScheduleTests
{
    public static TheoryData<Schedule> All => [
        Schedule.Constant(0.5), Schedule.Linear(0, 0.9, 100, 10), Schedule.Cubic(0.1, 0.8, 7), Schedule.Exponential(3, 1e-4, 50, 5, 4),
        Schedule.Cosine(1, 0.01, 60, 0, 7), Schedule.Cubic(1e-300, 1, 3), Schedule.Linear(0.1, 0.7, long.MaxValue)];

    [Theory]
    [MemberData(nameof(All))]
    public void The_ends_are_exact_and_the_values_between_are_monotone(Schedule schedule)
    {
        Assert.Equal(schedule.From, schedule.At(0));
        Assert.Equal(schedule.From, schedule.At(schedule.Begin));
        Assert.Equal(schedule.To, schedule.At(long.MaxValue));
        var sign = Math.Sign(schedule.To - schedule.From);
        var values = Enumerable.Range(0, 200).Select(step => schedule.At(step)).ToArray();
        Assert.All(values, value => Assert.InRange(value, Math.Min(schedule.From, schedule.To), Math.Max(schedule.From, schedule.To)));
        Assert.All(values.Zip(values.Skip(1)), pair => Assert.True(sign * (pair.Second - pair.First) >= 0));
    }

    [Fact]
    public void The_values_are_those_of_the_formulas()
    {
        Assert.Equal(0.25, Schedule.Constant(0.25).At(77));
        Assert.Equal(0.3, Schedule.Linear(0, 0.9, 90, 10).At(40), 1e-15);
        Assert.Equal(0.9 - (0.8 * Math.Pow(1 - (30.0 / 90), 3)), Schedule.Cubic(0.1, 0.9, 90, 10).At(40), 1e-15);
        Assert.Equal(1e-2, Schedule.Exponential(1, 1e-4, 80, 10).At(50), 1e-15);
        Assert.Equal(0.55, Schedule.Cosine(1, 0.1, 80).At(40), 1e-15);
        Assert.Equal(0.1 + (0.9 * (1 + Math.Cos(Math.PI / 4)) / 2), Schedule.Cosine(1, 0.1, 80).At(20), 1e-15);
    }

    [Fact]
    public void The_value_rests_between_moves()
    {
        var schedule = Schedule.Linear(0, 1, 10, begin: 2, every: 4);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0.4, 0.4, 0.4, 0.4, 0.8, 0.8, 1, 1], Enumerable.Range(0, 14).Select(step => schedule.At(step)));
    }

    [Fact]
    public void Schedules_of_the_same_settings_are_equal()
    {
        Assert.Equal(Schedule.Cubic(0, 1, 5, 1, 2), Schedule.Cubic(0, 1, 5, 1, 2));
        Assert.NotEqual(Schedule.Cubic(0, 1, 5), Schedule.Linear(0, 1, 5));
    }

    [Fact]
    public void Arguments_out_of_range_are_named()
    {
        Named("value", () => Schedule.Constant(double.NaN));
        Named("from", () => Schedule.Linear(double.NegativeInfinity, 1, 5));
        Named("to", () => Schedule.Cubic(1, double.NaN, 5));
        Named("from", () => Schedule.Exponential(0, 1, 5));
        Named("to", () => Schedule.Exponential(1, -1, 5));
        Named("steps", () => Schedule.Cosine(1, 0, 0));
        Named("begin", () => Schedule.Cosine(1, 0, 5, -1));
        Named("every", () => Schedule.Cosine(1, 0, 5, 0, 0));
        Named("step", () => Schedule.Constant(1).At(-1));
        Named("Sparsity", () => Options(Schedule.Linear(0, 1.01, 5), Schedule.Constant(1)));
        Named("Sparsity", () => Options(null!, Schedule.Constant(1)));
        Named("Lambda", () => Options(Schedule.Constant(0), Schedule.Linear(1, 0, 5)));
        Named("Lambda", () => Options(Schedule.Constant(0), null!));
        var options = Options(Schedule.Constant(0), Schedule.Constant(1));
        Named("P", () => options with { P = 1 });
        Named("Scope", () => options with { Scope = (PruningScope)5 });
        Named("Solver", () => options with { Solver = (TopKSolver)5 });
        Named("LayerSparsity", () => options with { LayerSparsity = new Dictionary<string, Schedule> { ["a"] = Schedule.Constant(2) } });
    }

    private static PruningOptions Options(Schedule sparsity, Schedule lambda) => new() { Sparsity = sparsity, Lambda = lambda };

    private static void Named(string argument, Func<object> call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);
}
