using System.Reflection;
using System.Runtime.CompilerServices;

namespace SparseTopK.TestKit;

/// <summary>What an assembly lets others call, as reflection finds it: what is added later is found too.</summary>
public static class PublicSurface
{
    /// <summary>Public constructors, methods and setters of public types, but for what the compiler adds to records and enumerations.</summary>
    public static IEnumerable<MethodBase> Of(Assembly assembly) => assembly.GetExportedTypes()
        .Where(type => !type.IsEnum && !typeof(Delegate).IsAssignableFrom(type))
        .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
        .OfType<MethodBase>()
        .Where(method => IsSetter(method) || !(method.IsDefined(typeof(CompilerGeneratedAttribute)) || method.Name.StartsWith("get_", StringComparison.Ordinal)));

    public static bool IsSetter(MethodBase method) => method.IsSpecialName && method.Name.StartsWith("set_", StringComparison.Ordinal);

    /// <summary>Whether null is not admitted: a reference whose annotation says so.</summary>
    public static bool NeedsValue(ParameterInfo parameter) => !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef
        && new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.Nullable;

    /// <summary>The names by which an error may call a parameter: of a setter, that of its property too.</summary>
    public static string[] NamesOf(ParameterInfo parameter) => IsSetter((MethodBase)parameter.Member)
        ? [parameter.Name!, parameter.Member.Name["set_".Length..]]
        : [parameter.Name!];

    /// <summary>The type, the method and its parameters.</summary>
    public static string Describe(MethodBase method) =>
        $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => $"{p.ParameterType.Name} {p.Name}"))})";

    /// <summary>Calls a method or a constructor; a result that can be disposed of is.</summary>
    /// <returns>What it threw, or null.</returns>
    public static Exception? Call(MethodBase method, object? target, object?[] arguments)
    {
        try
        {
            var result = method is ConstructorInfo constructor ? constructor.Invoke(arguments) : method.Invoke(target, arguments);
            (result as IDisposable)?.Dispose();
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException;
        }
    }
}
