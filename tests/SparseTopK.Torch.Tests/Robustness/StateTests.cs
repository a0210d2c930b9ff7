using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Robustness;

/// <summary>Hostile states, schedules at the ends of the doubles, routers and experts that return nothing, models that are none.</summary>
public class StateTests
{
    private static readonly PruningOptions Options = new() { Sparsity = Schedule.Constant(0.5), Lambda = Schedule.Constant(0.1) };

    [TorchFact]
    public void A_damaged_state_is_refused_and_nothing_changes()
    {
        using var model = nn.Sequential(("first", nn.Linear(3, 2)), ("second", nn.Linear(2, 1)));
        using var pruner = new MagnitudePruner(model, Options);
        pruner.StepCount = 77;
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
        {
            pruner.Save(writer);
        }

        var state = stream.ToArray();
        pruner.StepCount = 5;
        for (var i = 0; i < state.Length; i++)
        {
            Refuses(state[..i]);
            Refuses([.. state[..i], .. Enumerable.Repeat((byte)0xFF, 40)]);
            foreach (var damage in new byte[] { 0x01, 0x80, 0xFF })
            {
                byte[] damaged = [.. state];
                damaged[i] ^= damage;
                using var reader = new BinaryReader(new MemoryStream(damaged));
                var error = Record.Exception(() => pruner.Load(reader));
                Assert.True(error is InvalidDataException or EndOfStreamException, $"[{i}] ^ {damage}: {error}");
                Assert.Equal(5, pruner.StepCount);
            }
        }

        void Refuses(byte[] data)
        {
            using var reader = new BinaryReader(new MemoryStream(data));
            var error = Record.Exception(() => pruner.Load(reader));
            Assert.True(error is InvalidDataException or EndOfStreamException, $"{data.Length} bytes: {error}");
            Assert.Equal(5, pruner.StepCount);
        }
    }

    [Theory]
    [InlineData(-1.7e308, 1.7e308)]
    [InlineData(1.7e308, -1.7e308)]
    [InlineData(1e-300, 1e300)]
    [InlineData(1e300, 1e-300)]
    [InlineData(5e-324, 1.7e308)]
    public void A_schedule_moves_all_the_way_between_the_ends_of_the_doubles(double from, double to)
    {
        Func<long, Schedule>[] shapes = from > 0 && to > 0
            ? [s => Schedule.Exponential(from, to, s), s => Schedule.Linear(from, to, s), s => Schedule.Cosine(from, to, s)]
            : [s => Schedule.Linear(from, to, s), s => Schedule.Cubic(from, to, s), s => Schedule.Cosine(from, to, s)];
        foreach (var steps in new[] { 10, long.MaxValue })
        {
            foreach (var schedule in shapes.Select(shape => shape(steps)))
            {
                var values = Enumerable.Range(0, 11).Select(i => schedule.At(steps / 10 * i)).ToArray();
                Assert.All(values.Zip(values.Skip(1)), pair => Assert.True(to > from ? pair.First < pair.Second : pair.First > pair.Second, $"{schedule}"));
                Assert.Equal(to, schedule.At(long.MaxValue));
            }
        }
    }

    [TorchFact]
    public void Routers_and_experts_that_return_nothing_are_named()
    {
        using var scope = NewDisposeScope();
        var tokens = rand(4, 3);
        using var lost = new MixtureOfExperts(new Nowhere(), nn.Linear(3, 2));
        Assert.Contains("router", Assert.Throws<InvalidOperationException>(() => lost.call(tokens)).Message, StringComparison.Ordinal);
        using var silent = new MixtureOfExperts(new TopKRouter(3, 1, 1, 0.5), new Silent());
        Assert.Contains("xpert", Assert.Throws<InvalidOperationException>(() => silent.call(tokens)).Message, StringComparison.Ordinal);
    }

    [TorchFact]
    public void Models_and_lists_with_nothing_in_them_are_named()
    {
        using var empty = nn.Sequential();
        using var router = new TopKRouter(3, 2, 1, 0.5);
        Named("model", () => new MagnitudePruner(empty, Options));
        Named("experts", () => new MixtureOfExperts(router));
        Named("experts", () => new MixtureOfExperts(router, nn.Linear(3, 2), null!));
        Named("options", () => new MagnitudePruner(nn.Linear(3, 2), Options with { P = 1.5, Solver = TopKSolver.Dykstra }));
        Named("LayerSparsity", () => Options with { LayerSparsity = new Dictionary<string, Schedule> { [""] = null! } });
        Named("location", () => { new MagnitudePruner(nn.Linear(3, 2), Options).Save(""); return 0; });
        Assert.Empty(SparsityReport.Of(empty).Layers);
    }

    private static void Named(string argument, Func<object> call) => Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private sealed class Nowhere() : nn.Module<Tensor, Tensor?, Routing>(nameof(Nowhere))
    {
        public override Routing forward(Tensor input, Tensor? padding) => null!;
    }

    private sealed class Silent() : nn.Module<Tensor, Tensor>(nameof(Silent))
    {
        public override Tensor forward(Tensor input) => null!;
    }
}
