using System.Reflection;
using System.Reflection.Emit;

namespace SparseTopK.Torch.Tests;

/// <summary>Which methods a method calls, read from its IL.</summary>
internal static class MethodCalls
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<ushort, OpCode> OpCodeOf = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (ushort)code.Value);

    /// <summary>Every method and constructor of an assembly, those of lambdas included.</summary>
    public static IEnumerable<MethodBase> All(Assembly assembly) =>
        assembly.GetTypes().SelectMany(type => type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)));

    /// <summary>The methods that a method calls; generic ones as their definitions.</summary>
    public static IEnumerable<MethodBase> Of(MethodBase caller)
    {
        var code = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i < code.Length;)
        {
            var value = code[i] == 0xFE ? (ushort)((code[i] << 8) | code[i + 1]) : code[i];
            var opCode = OpCodeOf[value];
            i += opCode.Size;
            if (opCode.OperandType == OperandType.InlineMethod && Resolve(caller, BitConverter.ToInt32(code, i)) is { } callee)
            {
                yield return callee;
            }

            i += SizeOf(opCode.OperandType, code, i);
        }
    }

    private static MethodBase? Resolve(MethodBase caller, int token)
    {
        var types = caller.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;
        var called = caller.Module.ResolveMethod(token, types, caller.IsGenericMethod ? caller.GetGenericArguments() : null);
        return called is MethodInfo { IsGenericMethod: true } method ? method.GetGenericMethodDefinition() : called;
    }

    private static int SizeOf(OperandType operand, byte[] code, int at) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };
}
