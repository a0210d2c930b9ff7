using System.Reflection;
using System.Reflection.Emit;
using SparseTopK.Experiments.Running;
using TorchSharp;

namespace SparseTopK.Torch.Tests.Experiments;

/// <summary>The experiments make Scalars in one class alone, where each lives until native code has read it.</summary>
public sealed class ScalarTests
{
    private static readonly Dictionary<short, OpCode> OpCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    [Fact]
    public void Every_Scalar_lives_until_it_has_been_read()
    {
        var found = typeof(Scalars).Assembly.GetTypes().Where(type => type != typeof(Scalars))
            .SelectMany(type => type.GetMembers(BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .OfType<MethodBase>()
            .SelectMany(method => Calls(method).Where(MakesScalar).Select(call => $"{method.DeclaringType}.{method.Name} calls {call}"));
        Assert.Empty(found);
        Assert.Contains(Calls(typeof(Scalars).GetMethod(nameof(Scalars.Minus))!), MakesScalar);
    }

    /// <summary>Whether a call makes a Scalar that nothing keeps: a conversion, an operator with a number, or a sum of two tensors.</summary>
    private static bool MakesScalar(MethodBase call)
    {
        var parameters = call.GetParameters();
        return (call.DeclaringType == typeof(Scalar) && call.Name == "op_Implicit")
            || (call.DeclaringType == typeof(torch.Tensor)
                && (call.Name == "op_Addition"
                    || (call.Name is "add" or "add_" && parameters.Length == 1)
                    || (call.Name.StartsWith("op_", StringComparison.Ordinal) && parameters.Any(parameter => parameter.ParameterType.IsPrimitive))));
    }

    /// <summary>The methods that a method's code calls.</summary>
    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i < code.Length;)
        {
            var opCode = OpCodes[code[i] == 0xFE ? (short)((0xFE << 8) | code[i + 1]) : code[i]];
            i += opCode.Size;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                var generics = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : null;
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(code, i), method.DeclaringType!.GetGenericArguments(), generics)!;
            }

            i += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, i)),
                _ => 4,
            };
        }
    }
}
