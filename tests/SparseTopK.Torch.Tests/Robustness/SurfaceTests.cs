using System.Reflection;
using SparseTopK.TestKit;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Robustness;

/// <summary>Every public method and constructor, with everything that can be wrong with each of its parameters.</summary>
public class SurfaceTests
{
    private static readonly double[] NotPositive = [0, -1, double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly double[] NotFinite = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly double[] NoShare = [-0.1, 1.1, .. NotFinite];

    /// <summary>Data of records, which admit any number.</summary>
    private static readonly Type[] Records = [typeof(LayerSparsity), typeof(RouterStatistics), typeof(SparsityReport)];

    private static IEnumerable<MethodBase> Methods => PublicSurface.Of(typeof(Functional).Assembly);

    private static IEnumerable<ParameterInfo> Parameters => Methods.SelectMany(method => method.GetParameters()).Where(parameter => !parameter.IsOut);

    [TorchFact]
    public void What_the_tests_start_from_is_valid() => None(
        from method in Methods
        let error = Call(method, null, null)
        where error is not null
        select $"{PublicSurface.Describe(method)}: {error}");

    [TorchFact]
    public void Null_is_named_where_a_value_is_needed() => None(
        from parameter in Parameters
        where PublicSurface.NeedsValue(parameter)
        let error = Call((MethodBase)parameter.Member, parameter, null)
        where error is not ArgumentNullException { ParamName: { } name } || !PublicSurface.NamesOf(parameter).Contains(name)
        select Describe(parameter, null, error));

    [TorchFact]
    public void Null_is_fine_where_it_is_said_to_be() => None(
        from parameter in Parameters
        where !parameter.ParameterType.IsValueType && !PublicSurface.NeedsValue(parameter)
        let error = Call((MethodBase)parameter.Member, parameter, null)
        where error is not null
        select Describe(parameter, null, error));

    [TorchFact]
    public void Values_out_of_range_are_named() => None(
        from parameter in Parameters
        where !Records.Contains(parameter.Member.DeclaringType)
        from bad in BadValues(parameter)
        let error = Call((MethodBase)parameter.Member, parameter, bad)
        where error is not ArgumentException { ParamName: { } name } || !PublicSurface.NamesOf(parameter).Contains(name)
        select Describe(parameter, bad, error));

    private static IEnumerable<object> BadValues(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (type.IsEnum)
        {
            return [Enum.ToObject(type, 99), Enum.ToObject(type, -1)];
        }

        var name = PublicSurface.NamesOf(parameter)[^1];
        return type == typeof(double) ? BadReals(name).Cast<object>()
            : type == typeof(int) ? [-1, int.MinValue]
            : type == typeof(long) ? BadIntegers(name, parameter).Cast<object>()
            : type == typeof((long, long)) ? BadPairs(name).Cast<object>()
            : [];
    }

    private static double[] BadReals(string name) => name switch
    {
        "lambda" or "capacity_factor" => NotPositive,
        "p" or "P" => [1, 0.5, .. NotPositive],
        "sparsity" or "label_smoothing" => NoShare,
        "noise" => [-1, .. NotFinite],
        "from" or "to" or "value" => NotFinite,
        _ => throw new NotSupportedException($"What can be wrong with '{name}'?"),
    };

    private static long[] BadIntegers(string name, ParameterInfo parameter) => name switch
    {
        "k" or "StepCount" or "begin" or "step" or "inputSize" or "outputSize" => [-1, long.MinValue],
        "features" or "experts" or "in_channels" or "out_channels" or "steps" or "every" => [0, -1, long.MinValue],
        "groups" => [0, -1, 3],
        "dim" => parameter.Member is ConstructorInfo ? [] : [2, -3, long.MaxValue, long.MinValue], // Modules see the tensor later.
        "ignore_index" => [],
        _ => throw new NotSupportedException($"What can be wrong with '{name}'?"),
    };

    private static (long, long)[] BadPairs(string name) => name switch
    {
        "kernel_size" or "stride" or "dilation" => [(0, 1), (1, 0), (-1, 1)],
        "padding" => [(-1, 0), (0, -1)],
        _ => throw new NotSupportedException($"What can be wrong with '{name}'?"),
    };

    /// <summary>Calls a method with valid arguments but one.</summary>
    private static Exception? Call(MethodBase method, ParameterInfo? parameter, object? value)
    {
        using var scope = NewDisposeScope();
        var arguments = Samples.Arguments(method);
        if (parameter is not null)
        {
            arguments[parameter.Position] = value;
        }

        return PublicSurface.Call(method, Samples.Target(method), arguments);
    }

    private static void None(IEnumerable<string> failures)
    {
        var all = string.Join("\n", failures);
        Assert.True(all.Length == 0, all);
    }

    private static string Describe(ParameterInfo parameter, object? value, Exception? error) =>
        $"{PublicSurface.Describe((MethodBase)parameter.Member)}: {parameter.Name} = {value ?? "null"}: {error?.GetType().Name ?? "no error"} {error?.Message}";
}
