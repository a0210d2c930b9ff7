using System.Reflection;
using System.Runtime.CompilerServices;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Every public constructor and method of the package, found by reflection, refuses null and values that an enum does not have.</summary>
/// <remarks>A parameter may be null where its type says so. All other arguments are good ones.</remarks>
public sealed class PublicSurfaceTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Parameter[] Parameters =
    [
        .. from type in typeof(Functional).Assembly.GetExportedTypes()
           where !type.IsEnum && !IsRecordOfNumbers(type)
           from member in type.GetConstructors().Cast<MethodBase>().Concat(type.GetMethods(Declared))
           where (!member.IsSpecialName || member.IsConstructor) && !member.IsAbstract && !member.IsDefined(typeof(CompilerGeneratedAttribute))
              && member is not MethodInfo { Name: nameof(Equals) or nameof(IDisposable.Dispose) }
           from parameter in member.GetParameters()
           where !parameter.IsOut
           select new Parameter(member, parameter),
    ];

    public static TheoryData<string> NotNull => [.. Parameters.Where(one => one.MayNotBeNull).Select(one => one.ToString())];

    public static TheoryData<string> OfEnums => [.. Parameters.Where(one => one.Info.ParameterType.IsEnum).Select(one => one.ToString())];

    [TorchTheory]
    [MemberData(nameof(NotNull))]
    public void Null_is_refused_by_name(string parameter)
    {
        var one = Parameters.Single(other => other.ToString() == parameter);
        Assert.Equal(one.Info.Name, Assert.Throws<ArgumentNullException>(() => one.CallWith(null)).ParamName);
    }

    [TorchTheory]
    [MemberData(nameof(OfEnums))]
    public void A_value_that_an_enum_does_not_have_is_refused_by_name(string parameter)
    {
        var one = Parameters.Single(other => other.ToString() == parameter);
        var error = Assert.ThrowsAny<ArgumentException>(() => one.CallWith(Enum.ToObject(one.Info.ParameterType, 99)));
        Assert.Equal(one.Info.Name, error.ParamName, ignoreCase: true); // SoftOrder's own parameters are Direction and Regularization.
    }

    /// <summary>What is only a result: its constructor takes what the package has counted.</summary>
    private static bool IsRecordOfNumbers(Type type) => type == typeof(LayerSparsity) || type == typeof(RouterStatistics) || type == typeof(SparsityReport);

    private sealed record Parameter(MethodBase Member, ParameterInfo Info)
    {
        public bool MayNotBeNull => !Info.ParameterType.IsValueType && new NullabilityInfoContext().Create(Info).WriteState == NullabilityState.NotNull;

        public override string ToString() =>
            $"{Member.DeclaringType!.Name}.{Member.Name}({string.Join(", ", Member.GetParameters().Select(one => one.ParameterType.Name + " " + one.Name))}): {Info.Name}";

        public void CallWith(object? value)
        {
            using var scope = NewDisposeScope();
            var arguments = Member.GetParameters().Select(one => one.Position == Info.Position ? value : Good(one)).ToArray();
            _ = Member is ConstructorInfo constructor
                ? constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, arguments, null)
                : Member.Invoke(Member.IsStatic ? null : Good(Member.DeclaringType!), BindingFlags.DoNotWrapExceptions, null, arguments, null);
        }

        private static object? Good(ParameterInfo parameter) => parameter switch
        {
            { IsOut: true } => null,
            { HasDefaultValue: true } => parameter.ParameterType.IsEnum ? Enum.ToObject(parameter.ParameterType, parameter.DefaultValue!) : parameter.DefaultValue,
            { Name: "target" } when parameter.Member.Name.Contains("topk", StringComparison.OrdinalIgnoreCase) => zeros(2, int64),
            { Name: "sparsity" } => 0.5,
            { Name: "p" } => 2.0,
            _ => Good(parameter.ParameterType),
        };

        private static object Good(Type type) =>
            type == typeof(Tensor) ? rand(2, 4)
            : type == typeof(long) ? 1L
            : type == typeof(double) ? 1.0
            : type == typeof(string) ? Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())
            : type == typeof((long, long)) ? (1L, 1L)
            : type == typeof(IReadOnlyList<double>) ? new[] { 1.0 }
            : type == typeof(PruningOptions) ? new PruningOptions { Sparsity = Schedule.Constant(0.5), Lambda = Schedule.Constant(1) }
            : type == typeof(MagnitudePruner) ? new MagnitudePruner(nn.Linear(4, 4), (PruningOptions)Good(typeof(PruningOptions)))
            : type == typeof(BinaryReader) ? new BinaryReader(new MemoryStream())
            : type == typeof(BinaryWriter) ? new BinaryWriter(new MemoryStream())
            : type == typeof(SparseLayer) || type == typeof(SparseLinear) ? new SparseLinear(4, 4, 0.5, 1)
            : type == typeof(SparseConv2d) ? new SparseConv2d(1, 1, (1, 1), 0.5, 1)
            : type == typeof(TopKRouter) || type == typeof(nn.Module<Tensor, Tensor?, Routing>) ? new TopKRouter(4, 2, 1, 1)
            : type == typeof(nn.Module<Tensor, Tensor>[]) ? new nn.Module<Tensor, Tensor>[] { nn.Linear(4, 4), nn.Linear(4, 4) }
            : type == typeof(MixtureOfExperts) ? new MixtureOfExperts(new TopKRouter(4, 2, 1, 1), nn.Linear(4, 4), nn.Linear(4, 4))
            : type == typeof(Torch.Modules.TopKMask) ? new Torch.Modules.TopKMask(1, 1)
            : type == typeof(Torch.Modules.TopKMagnitude) ? new Torch.Modules.TopKMagnitude(1, 1)
            : type == typeof(TopKLoss) ? new TopKLoss(1, 1.0)
            : type == typeof(TopKFenchelYoungLoss) ? new TopKFenchelYoungLoss(1, 1)
            : type == typeof(SpearmanLoss) ? new SpearmanLoss(1)
            : type == typeof(TorchSharp.Modules.Linear) || type == typeof(nn.Module) ? nn.Linear(4, 4)
            : type == typeof(TorchSharp.Modules.Conv2d) ? nn.Conv2d(1, 1, 1)
            : type.IsEnum ? Enum.ToObject(type, 0)
            : throw new NotSupportedException($"A good {type} is needed.");
    }
}
