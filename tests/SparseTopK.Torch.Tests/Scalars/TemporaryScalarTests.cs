using System.Reflection;
using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>No call in the package makes a Scalar that nothing keeps alive while native code reads it.</summary>
/// <remarks>C# makes such a temporary wherever a number stands for a Scalar, and TorchSharp does where an overload adds a factor of 1.
/// The garbage collector may finalize it during the native call, which then reads freed memory.</remarks>
public class TemporaryScalarTests
{
    private static readonly Assembly TorchSharpAssembly = typeof(Scalar).Assembly;

    [Fact]
    public void No_method_calls_what_makes_a_temporary_scalar()
    {
        var makers = Makers();
        var found = MethodCalls.All(typeof(Functional).Assembly)
            .Where(caller => caller.DeclaringType != typeof(Number) && caller.DeclaringType != typeof(Numbers))
            .SelectMany(caller => MethodCalls.Of(caller).Where(makers.Contains).Select(callee => $"{NameOf(caller)} calls {callee}"))
            .Distinct().ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    [Fact]
    public void Numbers_makes_scalars_that_it_disposes_of_and_no_others()
    {
        var makers = Makers();
        makers.ExceptWith(Conversions(nameof(ScalarExtensionMethods.ToScalar)));
        var calls = MethodCalls.All(typeof(Functional).Assembly)
            .Where(caller => caller.DeclaringType == typeof(Number) || caller.DeclaringType == typeof(Numbers))
            .SelectMany(MethodCalls.Of).Where(makers.Contains);
        Assert.Empty(calls);
    }

    [Fact]
    public void The_methods_that_make_a_temporary_scalar_are_found()
    {
        var makers = Makers();
        Assert.Contains(typeof(Tensor).GetMethod(nameof(Tensor.add), [typeof(Scalar)])!, makers);
        Assert.Contains(typeof(Tensor).GetMethod("op_Addition", [typeof(Tensor), typeof(Tensor)])!, makers);
        Assert.DoesNotContain(typeof(Tensor).GetMethod(nameof(Tensor.add), [typeof(Scalar), typeof(Scalar)])!, makers);
    }

    /// <summary>The conversions themselves, and what calls them in TorchSharp, directly or not.</summary>
    private static HashSet<MethodBase> Makers()
    {
        var makers = Conversions("op_Implicit").Concat(Conversions(nameof(ScalarExtensionMethods.ToScalar))).ToHashSet();
        var calls = MethodCalls.All(TorchSharpAssembly).Select(caller => (Caller: caller, Callees: MethodCalls.Of(caller).ToArray())).ToArray();
        for (var before = 0; before < makers.Count;)
        {
            before = makers.Count;
            makers.UnionWith(calls.Where(call => call.Callees.Any(callee => Passes(callee, makers))).Select(call => call.Caller));
        }

        return makers;
    }

    /// <summary>A comparison makes a tensor of the number false where its operand is null, which is never so here.</summary>
    private static bool Passes(MethodBase callee, HashSet<MethodBase> makers) =>
        makers.Contains(callee) && !(callee.Name == "op_Implicit" && callee.DeclaringType == typeof(Tensor));

    private static IEnumerable<MethodBase> Conversions(string name) => MethodCalls.All(TorchSharpAssembly)
        .Where(method => method.Name == name && method is MethodInfo { ReturnType: var type } && (type == typeof(Scalar) || type == typeof(Tensor)));

    private static string NameOf(MethodBase method) => $"{method.DeclaringType?.Name}.{method.Name}";
}
