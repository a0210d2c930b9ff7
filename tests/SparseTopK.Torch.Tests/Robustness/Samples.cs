using System.Reflection;
using SparseTopK.Torch.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Robustness;

/// <summary>A valid argument for every parameter of the package, and an object to call every method on.</summary>
internal static class Samples
{
    private static readonly PruningOptions Options = new() { Sparsity = Schedule.Constant(0.5), Lambda = Schedule.Constant(0.1) };

    public static object?[] Arguments(MethodBase method) => [.. method.GetParameters().Select(Argument)];

    public static object? Target(MethodBase method)
    {
        var type = method.DeclaringType!;
        return method.IsStatic || method.IsConstructor ? null
            : type == typeof(TopKModule) || type == typeof(Torch.Modules.TopKMask) ? new Torch.Modules.TopKMask(2, 0.5)
            : type == typeof(Torch.Modules.TopKMagnitude) ? new Torch.Modules.TopKMagnitude(2, 0.5)
            : type == typeof(SparseLayer) || type == typeof(SparseLinear) ? new SparseLinear(3, 2, 0.5, 0.5)
            : type == typeof(SparseConv2d) ? new SparseConv2d(2, 4, (3, 3), 0.5, 0.5)
            : type == typeof(TopKRouter) ? Router()
            : type == typeof(MixtureOfExperts) ? new MixtureOfExperts(Router(), nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(3, 2))
            : type == typeof(TopKLoss) ? new TopKLoss(2, 0.5)
            : type == typeof(TopKFenchelYoungLoss) ? new TopKFenchelYoungLoss(2, 0.5)
            : type == typeof(SpearmanLoss) ? new SpearmanLoss(0.5)
            : type == typeof(MagnitudePruner) ? new MagnitudePruner(nn.Linear(3, 2), Options)
            : type == typeof(PruningOptions) ? Options with { }
            : type == typeof(Schedule) ? Schedule.Linear(0, 1, 10)
            : type == typeof(Routing) ? new Routing(rand(4, 3), rand(4, 3))
            : type == typeof(LayerSparsity) ? new LayerSparsity("layer", 6, 3)
            : type == typeof(SparsityReport) ? new SparsityReport([])
            : type == typeof(RouterStatistics) ? new RouterStatistics(1, [1], [1], 0, 1, 0)
            : throw new NotSupportedException($"An object of {type} is needed.");
    }

    public static object? Argument(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter.IsOut ? null
            : type == typeof(Tensor) ? TensorFor(parameter)
            : type == typeof(double) ? Real(parameter)
            : type == typeof(long) ? Integer(parameter)
            : type == typeof(ulong) ? 1UL
            : type == typeof(int) ? 0
            : type == typeof(bool) ? true
            : type == typeof(Device) ? CPU
            : type == typeof(ScalarType) ? ScalarType.Float32
            : type == typeof((long, long)) ? (parameter.Name == "kernel_size" ? (3L, 3L) : (1L, 1L))
            : type == typeof(string) ? Name(parameter)
            : type == typeof(Parameter) ? new Parameter(parameter.Member.Name == "set_weight" ? rand(2, 3) : rand(2))
            : type == typeof(Linear) || type == typeof(nn.Module) ? nn.Linear(3, 2)
            : type == typeof(Conv2d) ? nn.Conv2d(2, 4, 3)
            : type == typeof(nn.Module<Tensor, Tensor>[]) ? new nn.Module<Tensor, Tensor>[] { nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(3, 2) }
            : type == typeof(nn.Module<Tensor, Tensor?, Routing>) ? Router()
            : type == typeof(Func<string, nn.Module, bool>) ? (string _, nn.Module _) => true
            : type == typeof(PruningOptions) ? Options
            : type == typeof(Schedule) ? Schedule.Constant(0.5)
            : type == typeof(IReadOnlyDictionary<string, Schedule>) ? new Dictionary<string, Schedule> { [nameof(Linear)] = Schedule.Constant(0.5) }
            : type == typeof(IReadOnlyList<double>) ? new[] { 0.5, 0.5 }
            : type == typeof(IReadOnlyList<long>) ? new[] { 1L }
            : type == typeof(IReadOnlyList<LayerSparsity>) ? new[] { new LayerSparsity("layer", 6, 3) }
            : type == typeof(BinaryWriter) ? new BinaryWriter(new MemoryStream())
            : type == typeof(BinaryReader) ? new BinaryReader(new MemoryStream(State()))
            : type == typeof(IsotonicObjective) ? IsotonicObjective.LeastSquares
            : type.IsEnum ? Enum.ToObject(type, 0)
            : throw new NotSupportedException($"A {type} for '{parameter.Name}' of {parameter.Member} is needed.");
    }

    private static TopKRouter Router() => new(3, 3, 2, 0.5);

    private static Tensor TensorFor(ParameterInfo parameter) => (parameter.Name, parameter.Member) switch
    {
        ("target", { Name: "spearman_loss" } or { DeclaringType.Name: nameof(SpearmanLoss) }) => rand(4, 3),
        ("target", _) => zeros(4, ScalarType.Int64),
        ("k", _) => tensor(2L),
        ("weight" or "weights", _) => ones(3),
        ("padding", _) => zeros(4, ScalarType.Bool),
        _ => rand(4, 3),
    };

    private static double Real(ParameterInfo parameter) => parameter.Name == "p" || parameter.Member.Name == "set_P" ? 2 : 0.5;

    private static long Integer(ParameterInfo parameter) => parameter.Name switch
    {
        "dim" => -1,
        "in_channels" or "k" => 2,
        "out_channels" => 4,
        "groups" => 1,
        "ignore_index" => -100,
        _ => 3,
    };

    private static string Name(ParameterInfo parameter)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, parameter.Member.Name == "Load" ? State() : []);
        return path;
    }

    private static byte[] State()
    {
        using var stream = new MemoryStream();
        using var pruner = new MagnitudePruner(nn.Linear(3, 2), Options);
        using var writer = new BinaryWriter(stream);
        pruner.Save(writer);
        return stream.ToArray();
    }
}
