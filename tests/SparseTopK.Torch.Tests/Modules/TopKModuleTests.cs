using SparseTopK.Torch.Modules;
using TorchSharp;
using static TorchSharp.torch;
using MagnitudeModule = SparseTopK.Torch.Modules.TopKMagnitude;
using MaskModule = SparseTopK.Torch.Modules.TopKMask;

namespace SparseTopK.Torch.Tests.Modules;

/// <summary>The operators as modules.</summary>
public class TopKModuleTests
{
    public static TheoryData<TopKOperator> Both => [TopKOperator.Mask, TopKOperator.Magnitude];

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void The_module_computes_what_the_function_computes(TopKOperator op)
    {
        using var module = Create(op, 2, 0.4, 4.0 / 3, 0, TopKSolver.Pav);
        using var x = Operators.Normal(1, ScalarType.Float64, 5, 3);
        using var y = module.call(x);
        using var expected = op.Apply(x, 2, 0.4, 4.0 / 3, 0, TopKSolver.Pav);
        Assert.Equal(Operators.Entries<double>(expected), Operators.Entries<double>(y));
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Settings_that_are_changed_count_from_the_next_call(TopKOperator op)
    {
        using var module = Create(op, 2, 0.4);
        using var x = Operators.Normal(2, ScalarType.Float32, 4, 9);
        using var before = module.call(x);
        (module.k, module.lambda) = (3, 1.5);
        using var after = module.call(x);
        using var expected = op.Apply(x, 3, 1.5);
        Assert.Equal(Operators.Entries<float>(expected), Operators.Entries<float>(after));
        Assert.NotEqual(Operators.Entries<float>(before), Operators.Entries<float>(after));
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void It_trains_inside_a_sequential(TopKOperator op)
    {
        using var model = nn.Sequential(("hidden", nn.Linear(4, 6)), ("top", Create(op, 2, 0.5)), ("out", nn.Linear(6, 1)));
        using var x = Operators.Normal(3, ScalarType.Float32, 16, 4);
        using var loss = model.call(x).pow(2).mean();
        loss.backward();
        using var gradient = model.get_parameter("hidden.weight")!.grad!;
        Assert.Equal(["hidden", "top", "out"], model.named_children().Select(child => child.name));
        Assert.Equal(["hidden.weight", "hidden.bias", "out.weight", "out.bias"], model.state_dict().Keys);
        Assert.NotEqual(0, gradient.abs().sum().item<float>());
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void State_and_conversions_go_round(TopKOperator op)
    {
        using var model = nn.Sequential(nn.Linear(3, 5), Create(op, 2, 0.1));
        using var copy = nn.Sequential(nn.Linear(3, 5), Create(op, 2, 0.1));
        using var stream = new MemoryStream();
        model.save(new BinaryWriter(stream));
        stream.Position = 0;
        copy.load(new BinaryReader(stream));
        model.to(ScalarType.Float64).eval();
        copy.to(ScalarType.Float64).to(CPU);
        using var x = Operators.Normal(4, ScalarType.Float64, 7, 3);
        using var first = model.call(x);
        using var second = copy.call(x);
        Assert.Equal(Operators.Entries<double>(first), Operators.Entries<double>(second));
        Assert.Equal(ScalarType.Float64, first.dtype);
        Assert.False(model.children().Last().training);
        Assert.True(copy.children().Last().training);
        Assert.Empty(model.children().Last().state_dict());
    }

    [TorchFact]
    public void It_says_what_it_is()
    {
        using var mask = new MaskModule(3, 0.1);
        using var magnitude = new MagnitudeModule(2, 1e-3, 1.5, 1, TopKSolver.Pav);
        Assert.Equal("TopKMask", mask.GetName());
        Assert.Equal("TopKMask(k=3, lambda=0.1, p=2, dim=-1)", mask.ToString());
        Assert.Equal("TopKMagnitude(k=2, lambda=0.001, p=1.5, dim=1, solver=Pav)", magnitude.ToString());
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Arguments_out_of_range_are_named(TopKOperator op)
    {
        Named("k", () => Create(op, -1, 1));
        Named("lambda", () => Create(op, 1, 0));
        Named("lambda", () => Create(op, 1, double.PositiveInfinity));
        Named("p", () => Create(op, 1, 1, 1));
        Named("p", () => Create(op, 1, 1, double.NaN));
        Named("solver", () => Create(op, 1, 1, solver: (TopKSolver)9));
        Named("solver", () => Create(op, 1, 1, 1.5, solver: TopKSolver.Dykstra));
        using var module = Create(op, 6, 1, dim: 1);
        using var x = zeros(2, 5);
        using var row = zeros(9);
        Named("lambda", () => module.lambda = -1);
        Named("k", () => module.k = -1);
        Named("k", () => module.call(x));
        Named("dim", () => module.call(row));
        Assert.Equal((6, 1), (module.k, module.lambda));
    }

    private static void Named(string argument, Func<object> call) =>
        Assert.Equal(argument, Assert.ThrowsAny<ArgumentException>(call).ParamName);

    private static TopKModule Create(
        TopKOperator op, long k, double lambda, double p = 2, long dim = -1, TopKSolver solver = TopKSolver.Threshold) =>
        op == TopKOperator.Mask ? new MaskModule(k, lambda, p, dim, solver) : new MagnitudeModule(k, lambda, p, dim, solver);
}
