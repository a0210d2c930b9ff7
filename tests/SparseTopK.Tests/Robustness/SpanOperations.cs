using System.Numerics;
using System.Reflection;

namespace SparseTopK.Tests.Robustness;

/// <summary>Every public method of the core that takes spans, which reflection can find but not call. The key is <see cref="SpanMethods.KeyOf"/>.</summary>
internal static class SpanOperations<T>
    where T : unmanaged, INumberBase<T>
{
    public static IReadOnlyDictionary<string, Action<SpanArguments<T>>> All { get; } = new Dictionary<string, Action<SpanArguments<T>>>
    {
        ["Dykstra.Project(x[], n, weights[], destination[], results[], options, order)"] =
            a => Dykstra.Project<T>(a.X, a.N, a.Weights, a.Destination, a.Results, a.Options, a.IsotonicOrder),
        ["Dykstra.Project(x[], weights[], out result, options, order)"] =
            a => Dykstra.Project<T>(a.X, a.Weights, out _, a.Options, a.IsotonicOrder),
        ["IsotonicRegression.Forward(x[], n, weights[], objective, destination[], blockEnds[], order)"] =
            a => IsotonicRegression.Forward<T>(a.X, a.N, a.Weights, a.Objective, a.Destination, a.BlockEnds, a.IsotonicOrder),
        ["IsotonicRegression.Forward(x[], order)"] = a => IsotonicRegression.Forward<T>(a.X, a.IsotonicOrder),
        ["IsotonicRegression.Forward(x[], n, weights[], objective, out blockEnds, order)"] =
            a => IsotonicRegression.Forward<T>(a.X, a.N, a.Weights, a.Objective, out _, a.IsotonicOrder),
        ["IsotonicRegression.Vjp(x[], v[], blockEnds[], gradOutput[], n, weights[], objective, destination[])"] =
            a => IsotonicRegression.Vjp<T>(a.X, a.V, a.BlockEnds, a.GradOutput, a.N, a.Weights, a.Objective, a.Destination),
        ["IsotonicRegression.Vjp(x[], v[], blockEnds[], gradOutput[], n, weights[], objective)"] =
            a => IsotonicRegression.Vjp<T>(a.X, a.V, a.BlockEnds, a.GradOutput, a.N, a.Weights, a.Objective),
        ["IsotonicRegression.Jvp(x[], v[], blockEnds[], tangent[], n, weights[], objective, destination[])"] =
            a => IsotonicRegression.Jvp<T>(a.X, a.V, a.BlockEnds, a.Tangent, a.N, a.Weights, a.Objective, a.Destination),
        ["Permutahedron.Forward(x[], n, weights[], norm, destination[], permutation[], blockEnds[])"] =
            a => Permutahedron.Forward<T>(a.X, a.N, a.Weights, a.Norm, a.Destination, a.Permutation, a.BlockEnds),
        ["Permutahedron.Forward(x[], weights[], norm)"] = a => Permutahedron.Forward<T>(a.X, a.Weights, a.Norm),
        ["Permutahedron.Forward(x[], n, weights[], norm, out permutation, out blockEnds)"] =
            a => Permutahedron.Forward<T>(a.X, a.N, a.Weights, a.Norm, out _, out _),
        ["Permutahedron.Vjp(y[], permutation[], blockEnds[], gradOutput[], n, norm, destination[])"] =
            a => Permutahedron.Vjp<T>(a.Y, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.Norm, a.Destination),
        ["Permutahedron.Vjp(y[], permutation[], blockEnds[], gradOutput[], n, norm)"] =
            a => Permutahedron.Vjp<T>(a.Y, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.Norm),
        ["Permutahedron.Jvp(y[], permutation[], blockEnds[], tangent[], n, norm, destination[])"] =
            a => Permutahedron.Jvp<T>(a.Y, a.Permutation, a.BlockEnds, a.Tangent, a.N, a.Norm, a.Destination),
        ["SoftRank.Forward(x[], n, order, destination[], permutation[], blockEnds[])"] =
            a => SoftRank.Forward<T>(a.X, a.N, a.SoftOrder, a.Destination, a.Permutation, a.BlockEnds),
        ["SoftRank.Forward(x[], order)"] = a => SoftRank.Forward<T>(a.X, a.SoftOrder),
        ["SoftRank.Forward(x[], n, order, out permutation, out blockEnds)"] = a => SoftRank.Forward<T>(a.X, a.N, a.SoftOrder, out _, out _),
        ["SoftRank.Forward(x{}, order, destination{}, permutation[], blockEnds[])"] = a => SoftRank.Forward<T>(
            SpanArguments<T>.Tensor(a.X), a.SoftOrder, SpanArguments<T>.Tensor(a.Destination), a.Permutation, a.BlockEnds),
        ["SoftRank.Vjp(x[], permutation[], blockEnds[], gradOutput[], n, order, destination[])"] =
            a => SoftRank.Vjp<T>(a.X, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.SoftOrder, a.Destination),
        ["SoftRank.Vjp(x[], permutation[], blockEnds[], gradOutput[], n, order)"] =
            a => SoftRank.Vjp<T>(a.X, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.SoftOrder),
        ["SoftRank.Vjp(x{}, permutation[], blockEnds[], gradOutput{}, order, destination{})"] = a => SoftRank.Vjp<T>(
            SpanArguments<T>.Tensor(a.X), a.Permutation, a.BlockEnds, SpanArguments<T>.Tensor(a.GradOutput), a.SoftOrder,
            SpanArguments<T>.Tensor(a.Destination)),
        ["SoftRank.Jvp(x[], permutation[], blockEnds[], tangent[], n, order, destination[])"] =
            a => SoftRank.Jvp<T>(a.X, a.Permutation, a.BlockEnds, a.Tangent, a.N, a.SoftOrder, a.Destination),
        ["SoftSort.Forward(x[], n, order, destination[], permutation[], blockEnds[])"] =
            a => SoftSort.Forward<T>(a.X, a.N, a.SoftOrder, a.Destination, a.Permutation, a.BlockEnds),
        ["SoftSort.Forward(x[], order)"] = a => SoftSort.Forward<T>(a.X, a.SoftOrder),
        ["SoftSort.Forward(x[], n, order, out permutation, out blockEnds)"] = a => SoftSort.Forward<T>(a.X, a.N, a.SoftOrder, out _, out _),
        ["SoftSort.Forward(x{}, order, destination{}, permutation[], blockEnds[])"] = a => SoftSort.Forward<T>(
            SpanArguments<T>.Tensor(a.X), a.SoftOrder, SpanArguments<T>.Tensor(a.Destination), a.Permutation, a.BlockEnds),
        ["SoftSort.Vjp(x[], permutation[], blockEnds[], gradOutput[], n, order, destination[])"] =
            a => SoftSort.Vjp<T>(a.X, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.SoftOrder, a.Destination),
        ["SoftSort.Vjp(x[], permutation[], blockEnds[], gradOutput[], n, order)"] =
            a => SoftSort.Vjp<T>(a.X, a.Permutation, a.BlockEnds, a.GradOutput, a.N, a.SoftOrder),
        ["SoftSort.Vjp(x{}, permutation[], blockEnds[], gradOutput{}, order, destination{})"] = a => SoftSort.Vjp<T>(
            SpanArguments<T>.Tensor(a.X), a.Permutation, a.BlockEnds, SpanArguments<T>.Tensor(a.GradOutput), a.SoftOrder,
            SpanArguments<T>.Tensor(a.Destination)),
        ["SoftSort.Jvp(x[], permutation[], blockEnds[], tangent[], n, order, destination[])"] =
            a => SoftSort.Jvp<T>(a.X, a.Permutation, a.BlockEnds, a.Tangent, a.N, a.SoftOrder, a.Destination),
        ["TopKMagnitude.Forward(x[], n, k, norm, destination[], thresholds[], solver)"] =
            a => TopKMagnitude.Forward<T>(a.X, a.N, a.K, a.Norm, a.Destination, a.Thresholds, a.Solver),
        ["TopKMagnitude.Forward(x[], n, k[], norm, destination[], thresholds[], solver)"] =
            a => TopKMagnitude.Forward<T>(a.X, a.N, a.KPerRow, a.Norm, a.Destination, a.Thresholds, a.Solver),
        ["TopKMagnitude.Forward(x[], k, norm)"] = a => TopKMagnitude.Forward<T>(a.X, a.K, a.Norm),
        ["TopKMagnitude.Forward(x[], n, k, norm, out thresholds, solver)"] =
            a => TopKMagnitude.Forward<T>(a.X, a.N, a.K, a.Norm, out _, a.Solver),
        ["TopKMagnitude.Forward(x{}, k, norm, destination{}, thresholds[], solver)"] = a => TopKMagnitude.Forward<T>(
            SpanArguments<T>.Tensor(a.X), a.K, a.Norm, SpanArguments<T>.Tensor(a.Destination), a.Thresholds, a.Solver),
        ["TopKMagnitude.Forward(x[], n, k[], norm, destination[], thresholds[], options, results[])"] =
            a => TopKMagnitude.Forward<T>(a.X, a.N, a.KPerRow, a.Norm, a.Destination, a.Thresholds, a.Options!, a.Results),
        ["TopKMagnitude.ForwardSparse(x[], n, k, norm, counts[], indices[], values[], thresholds[], solver)"] =
            a => TopKMagnitude.ForwardSparse<T>(a.X, a.N, a.K, a.Norm, a.Counts, a.Indices, a.Values, a.Thresholds, a.Solver),
        ["TopKMagnitude.Vjp(x[], thresholds[], gradOutput[], n, k, norm, destination[])"] =
            a => TopKMagnitude.Vjp<T>(a.X, a.Thresholds, a.GradOutput, a.N, a.K, a.Norm, a.Destination),
        ["TopKMagnitude.Vjp(x[], thresholds[], gradOutput[], n, k[], norm, destination[])"] =
            a => TopKMagnitude.Vjp<T>(a.X, a.Thresholds, a.GradOutput, a.N, a.KPerRow, a.Norm, a.Destination),
        ["TopKMagnitude.Vjp(x[], thresholds[], gradOutput[], n, k, norm)"] =
            a => TopKMagnitude.Vjp<T>(a.X, a.Thresholds, a.GradOutput, a.N, a.K, a.Norm),
        ["TopKMagnitude.Vjp(x{}, thresholds[], gradOutput{}, k, norm, destination{})"] = a => TopKMagnitude.Vjp<T>(
            SpanArguments<T>.Tensor(a.X), a.Thresholds, SpanArguments<T>.Tensor(a.GradOutput), a.K, a.Norm,
            SpanArguments<T>.Tensor(a.Destination)),
        ["TopKMagnitude.Jvp(x[], thresholds[], tangent[], n, k, norm, destination[])"] =
            a => TopKMagnitude.Jvp<T>(a.X, a.Thresholds, a.Tangent, a.N, a.K, a.Norm, a.Destination),
        ["TopKMagnitude.Jvp(x[], thresholds[], tangent[], n, k[], norm, destination[])"] =
            a => TopKMagnitude.Jvp<T>(a.X, a.Thresholds, a.Tangent, a.N, a.KPerRow, a.Norm, a.Destination),
        ["TopKMask.Forward(x[], n, k, norm, destination[], solver)"] =
            a => TopKMask.Forward<T>(a.X, a.N, a.K, a.Norm, a.Destination, a.Solver),
        ["TopKMask.Forward(x[], n, k[], norm, destination[], thresholds[], solver)"] =
            a => TopKMask.Forward<T>(a.X, a.N, a.KPerRow, a.Norm, a.Destination, a.Thresholds, a.Solver),
        ["TopKMask.Forward(x[], n, k, norm, destination[], thresholds[], solver)"] =
            a => TopKMask.Forward<T>(a.X, a.N, a.K, a.Norm, a.Destination, a.Thresholds, a.Solver),
        ["TopKMask.Forward(x[], k, norm)"] = a => TopKMask.Forward<T>(a.X, a.K, a.Norm),
        ["TopKMask.Forward(x[], n, k, norm, solver)"] = a => TopKMask.Forward<T>(a.X, a.N, a.K, a.Norm, a.Solver),
        ["TopKMask.Forward(x{}, k, norm, destination{}, solver)"] = a => TopKMask.Forward<T>(
            SpanArguments<T>.Tensor(a.X), a.K, a.Norm, SpanArguments<T>.Tensor(a.Destination), a.Solver),
        ["TopKMask.Forward(x[], n, k[], norm, destination[], thresholds[], options, results[])"] =
            a => TopKMask.Forward<T>(a.X, a.N, a.KPerRow, a.Norm, a.Destination, a.Thresholds, a.Options!, a.Results),
        ["TopKMask.ForwardSparse(x[], n, k, norm, counts[], indices[], values[], solver)"] =
            a => TopKMask.ForwardSparse<T>(a.X, a.N, a.K, a.Norm, a.Counts, a.Indices, a.Values, a.Solver),
        ["TopKMask.Vjp(y[], gradOutput[], n, norm, destination[])"] = a => TopKMask.Vjp<T>(a.Y, a.GradOutput, a.N, a.Norm, a.Destination),
        ["TopKMask.Vjp(y[], gradOutput[], n, norm)"] = a => TopKMask.Vjp<T>(a.Y, a.GradOutput, a.N, a.Norm),
        ["TopKMask.Vjp(y{}, gradOutput{}, norm, destination{})"] = a => TopKMask.Vjp<T>(
            SpanArguments<T>.Tensor(a.Y), SpanArguments<T>.Tensor(a.GradOutput), a.Norm, SpanArguments<T>.Tensor(a.Destination)),
        ["TopKMask.Jvp(y[], tangent[], n, norm, destination[])"] = a => TopKMask.Jvp<T>(a.Y, a.Tangent, a.N, a.Norm, a.Destination),
    };
}

/// <summary>What reflection knows of the methods that take spans.</summary>
internal static class SpanMethods
{
    public static IReadOnlyDictionary<string, ParameterInfo[]> All { get; } = typeof(PNorm).Assembly.GetExportedTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        .Where(method => method.GetParameters().Any(parameter => ElementOf(parameter).IsByRefLike))
        .ToDictionary(KeyOf, method => method.GetParameters());

    /// <summary>The type and the parameters: name[] a span, name{} a tensor.</summary>
    public static string KeyOf(MethodInfo method) =>
        $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(NameOf))})";

    public static bool IsMemory(ParameterInfo parameter) => ElementOf(parameter).IsByRefLike;

    /// <summary>Whether the method writes to it.</summary>
    public static bool IsOutput(ParameterInfo parameter) =>
        IsMemory(parameter) && !ElementOf(parameter).Name.StartsWith("ReadOnly", StringComparison.Ordinal);

    public static Type ElementOf(ParameterInfo parameter) =>
        parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;

    private static string NameOf(ParameterInfo parameter)
    {
        var suffix = ElementOf(parameter).Name.Contains("Tensor", StringComparison.Ordinal) ? "{}" : IsMemory(parameter) ? "[]" : "";
        return (parameter.IsOut ? "out " : "") + parameter.Name + suffix;
    }
}
