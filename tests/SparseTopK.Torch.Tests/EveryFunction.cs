using SparseTopK.Torch.Functions;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Every function of the package forward and backward, as numbers to compare between two circumstances.</summary>
internal static class EveryFunction
{
    private const int Rows = 6;

    private static readonly Dictionary<string, Func<Tensor, Tensor>> Unary = new()
    {
        ["mask with a k per row"] = x => Functional.topk_mask(x, Counts(), 0.6, 1.5),
        ["magnitude with a k per row"] = x => Functional.topk_magnitude(x, Counts(), 0.6, 1.5),
        ["hard mask with a k per row"] = x => Functional.hard_topk_mask(x, Counts(), 0.6),
        ["hard mask"] = x => Functional.hard_topk_mask(x, 3, 0.6),
        ["hard magnitude with a k per row"] = x => Functional.hard_topk_magnitude(x, Counts(), 0.6),
        ["hard magnitude"] = x => Functional.hard_topk_magnitude(x, 3, 0.6),
        ["straight-through mask"] = x => Functional.straight_through_topk_mask(x, 3, 0.6),
        ["straight-through magnitude"] = x => Functional.straight_through_topk_magnitude(x, 3, 0.6),
        ["top-k loss"] = x => Losses.topk_loss(x, Classes(), [0.5, 0, 0.5], 0.6, weight: ones(8, ScalarType.Float64, CPU)),
        ["Fenchel-Young loss of classes"] = x => Losses.topk_fenchel_young_loss(x, Classes(), 3, 0.6, 1.5, label_smoothing: 0.1),
        ["Fenchel-Young loss of masks"] = x => Losses.topk_fenchel_young_loss(x, Functional.topk_mask(x.detach().neg(), 2, 0.6), 2, 0.6),
        ["Spearman loss"] = x => Losses.spearman_loss(x, x.detach().sin(), 0.6),
        ["Spearman loss of integers"] = x => Losses.spearman_loss(x, x.detach().sin().Times(4).to(ScalarType.Int64), 0.6),
        ["load balancing loss"] = x => Losses.load_balancing_loss(x.detach().abs(), x, Padding()),
        ["importance loss"] = x => Losses.importance_loss(x.abs(), Padding()),
        ["router z-loss"] = x => Losses.router_z_loss(x, Padding()),
        ["sparse layer"] = Layer,
        ["router statistics"] = Statistics,
        ["mixture of experts"] = Mixture,
        ["router"] = Routed,
    };

    public static IEnumerable<string> Names => FunctionCases.Keys.Concat(Unary.Keys);

    /// <summary>Value, gradient and, where it has them, the second derivatives.</summary>
    public static double[] Run(string name, ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        var start = tensor(FunctionCases.Row, [1, 8], ScalarType.Float64, CPU);
        var offsets = tensor([.. Enumerable.Range(0, Rows).Select(row => 1 + (0.001 * row))], [Rows, 1], ScalarType.Float64, CPU);
        var x = (start * offsets).requires_grad_();
        var y = Unary.TryGetValue(name, out var function) ? function(x) : FunctionCases.Apply(name, x, -1, path);
        if (!y.requires_grad)
        {
            return Operators.Entries<double>(y);
        }

        var twice = !Unary.ContainsKey(name);
        var gradient = autograd.grad([y.Squared().sum()], [x], create_graph: twice, retain_graph: twice)[0];
        double[] result = [.. Operators.Entries<double>(y), .. Operators.Entries<double>(gradient)];
        return twice && gradient.requires_grad
            ? [.. result, .. Operators.Entries<double>(autograd.grad([gradient.Squared().sum()], [x])[0])]
            : result;
    }

    private static Tensor Counts() => tensor([0L, 1, 3, 5, 7, 8], ScalarType.Int64, CPU);

    private static Tensor Classes() => tensor([0L, 5, 3, 7, 1, -100], ScalarType.Int64, CPU);

    private static Tensor Padding() => tensor([false, false, true, false, false, true], ScalarType.Bool, CPU);

    private static Tensor Layer(Tensor x)
    {
        using var layer = new SparseLinear(8, 8, 0.5, 0.1, dtype: ScalarType.Float64, device: CPU);
        using (no_grad())
        {
            layer.weight.copy_(x.detach().narrow(0, 0, 1));
            layer.bias!.copy_(x.detach().narrow(0, 0, 1).squeeze(0));
        }

        return layer.call(x);
    }

    private static Tensor Statistics(Tensor x)
    {
        var statistics = RouterStatistics.Of(x.abs(), Padding());
        double[] numbers = [statistics.DroppedFraction, statistics.ExpertsPerToken, statistics.Entropy, .. statistics.Importance];
        return tensor(numbers, ScalarType.Float64, CPU);
    }

    private static Tensor Mixture(Tensor x)
    {
        var gates = Functional.topk_mask(x, 2, 0.4);
        using var mixture = new MixtureOfExperts(new FixedGates(gates), [.. Enumerable.Range(1, 8).Select(scale => new Scaled(scale))]);
        return mixture.forward(x);
    }

    private static Tensor Routed(Tensor x)
    {
        using var router = new TopKRouter(8, 4, 2, 0.4, noise: 0.1, seed: 1, device: CPU, dtype: ScalarType.Float64);
        using (no_grad())
        {
            router.parameters().Single().copy_(x.detach().narrow(0, 0, 4));
        }

        return router.forward(x).Gates;
    }

    private sealed class FixedGates(Tensor gates) : nn.Module<Tensor, Tensor?, Routing>(nameof(FixedGates))
    {
        public override Routing forward(Tensor tokens, Tensor? padding) => new(gates);
    }

    private sealed class Scaled(double scale) : nn.Module<Tensor, Tensor>(nameof(Scaled))
    {
        public override Tensor forward(Tensor rows) => rows.Times(scale);
    }
}
