using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>A model whose layers are in fields of their own types, as users write them.</summary>
internal sealed class CustomModel : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d _conv = nn.Conv2d(1, 4, 3, padding: 1);
    private readonly Linear _hidden = nn.Linear(4 * 6 * 6, 16);
    private readonly ModuleList<Linear> _tail = new(nn.Linear(16, 16), nn.Linear(16, 3));
    private readonly bool _byForward;

    /// <param name="byForward">Whether layers are used by forward, which runs no hooks.</param>
    public CustomModel(bool byForward = false)
        : base(nameof(CustomModel))
    {
        _byForward = byForward;
        RegisterComponents();
        Models.Fill(this, 21);
    }

    public Conv2d Conv => _conv;

    public Linear Hidden => _hidden;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = Run(_conv, input).relu().flatten(1);
        x = Run(_tail[0], Run(_hidden, x).relu()).relu();
        return Run(_tail[1], x).MoveToOuterDisposeScope();
    }

    private Tensor Run(nn.Module<Tensor, Tensor> layer, Tensor x) => _byForward ? layer.forward(x) : layer.call(x);
}

/// <summary>A model of two inputs, which not every hook has the type for.</summary>
internal sealed class TwoInputs : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Linear _left = nn.Linear(4, 2);
    private readonly Linear _right = nn.Linear(5, 2);

    public TwoInputs()
        : base(nameof(TwoInputs)) => RegisterComponents();

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        return (_left.forward(input1) + _right.forward(input2)).MoveToOuterDisposeScope();
    }
}

/// <summary>A model without a call: its layers are called from outside.</summary>
internal sealed class Bag : nn.Module
{
    public Bag()
        : base(nameof(Bag)) => RegisterComponents();

    public Linear Encoder { get; } = nn.Linear(4, 3);

    public Linear Decoder { get; } = nn.Linear(3, 4);

    protected override void RegisterComponents()
    {
        register_module("encoder", Encoder);
        register_module("decoder", Decoder);
    }
}

internal static class Models
{
    public static PruningOptions Fixed(double sparsity, double lambda, PruningScope scope = PruningScope.PerLayer) =>
        new() { Sparsity = Schedule.Constant(sparsity), Lambda = Schedule.Constant(lambda), Scope = scope };

    public static Sequential Mlp(int seed = 1, ScalarType? type = null)
    {
        var model = nn.Sequential(
            ("first", nn.Linear(8, 20, dtype: type)), ("relu", nn.ReLU()), ("second", nn.Linear(20, 10, dtype: type)),
            ("relu2", nn.ReLU()), ("last", nn.Linear(10, 2, dtype: type)));
        Fill(model, seed);
        return model;
    }

    /// <summary>Normal parameters, the same for a seed whatever other tests draw: weights of variance 1/inputs, small biases.</summary>
    public static void Fill(nn.Module model, int seed)
    {
        using var constant = no_grad();
        foreach (var parameter in model.parameters())
        {
            using var scope = NewDisposeScope();
            var inputs = parameter.dim() == 1 ? 100 : parameter.numel() / parameter.shape[0];
            parameter.copy_(Operators.Normal(seed++, parameter.dtype, parameter.shape) / Math.Sqrt(inputs));
        }
    }

    /// <summary>Inputs, and targets that two of the eight features decide.</summary>
    public static (Tensor X, Tensor Y) Data(int rows = 128, ScalarType type = ScalarType.Float32)
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(11, type, rows, 8);
        var y = stack([x[.., 0] * x[.., 1], x[.., 0].abs()], 1);
        return (x.MoveToOuterDisposeScope(), y.MoveToOuterDisposeScope());
    }

    public static double TrainStep(nn.Module<Tensor, Tensor> model, optim.Optimizer optimizer, MagnitudePruner? pruner, Tensor x, Tensor y)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        var loss = nn.functional.mse_loss(model.call(x), y);
        loss.backward();
        optimizer.step();
        pruner?.Step();
        return loss.to(ScalarType.Float64).item<double>();
    }

    /// <summary>All parameters, one after the other.</summary>
    public static double[] Parameters(nn.Module model) =>
        [.. model.parameters().SelectMany(p => { using var d = p.to(ScalarType.Float64); return Operators.Entries<double>(d); })];
}
