using System.Reflection;
using System.Runtime.InteropServices;
using SparseTopK.TestKit;
using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Robustness;

/// <summary>Every tensor that a public method takes, replaced by each kind of tensor that it was not made for: an error of .NET that names
/// the parameter or says what is not supported, or a result; never one from inside libtorch.</summary>
public class TensorTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Kinds = new()
    {
        ["disposed"] = Disposed,
        ["sparse"] = x => x.to_sparse(),
        ["on another device"] = x => empty(x.shape, x.dtype, META),
        ["without dimensions"] = x => zeros([], x.dtype),
        ["empty"] = x => zeros([0], x.dtype),
        ["without rows"] = x => zeros([0, .. x.shape.Skip(1)], x.dtype),
        ["without columns"] = x => zeros([.. x.shape.SkipLast(1), 0], x.dtype),
        ["of one dimension more"] = x => x.unsqueeze(0),
        ["of Int32"] = x => x.to(ScalarType.Int32),
        ["of Int64"] = x => x.to(ScalarType.Int64),
        ["of Bool"] = x => x.to(ScalarType.Bool),
        ["of ComplexFloat64"] = x => x.to(ScalarType.ComplexFloat64),
        ["of Float16"] = x => x.to(ScalarType.Float16),
        ["of Float64"] = x => x.to(ScalarType.Float64),
        ["transposed in memory"] = x => x.dim() < 2 ? x : x.t().contiguous().t(),
        ["repeated in memory"] = x => zeros([], x.dtype).expand(x.shape),
        ["of NaN"] = x => x.is_floating_point() ? full_like(x, double.NaN) : x,
        ["that requires a gradient"] = x => x.is_floating_point() ? x.clone().requires_grad_() : x,
        ["too long"] = x => zeros([0, 1L << 33], x.dtype),
    };

    [TorchFact]
    public void No_tensor_reaches_libtorch_that_it_was_not_made_for()
    {
        var failures =
            from method in PublicSurface.Of(typeof(Functional).Assembly)
            from parameter in method.GetParameters()
            where parameter.ParameterType == typeof(Tensor)
            from kind in Kinds
            let error = Call(method, parameter, kind.Value)
            where !IsDocumented(error, method)
            select $"{PublicSurface.Describe(method)}: {parameter.Name} {kind.Key}: {error?.GetType().Name} {error?.Message.Split((char)10)[0]}";
        var all = string.Join("\n", failures);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>Errors that the documentation has: of TorchSharp's own there is that of a tensor disposed of, and those of the plain layers.</summary>
    private static bool IsDocumented(Exception? error, MethodBase method) => error switch
    {
        null or NotSupportedException => true,
        InvalidOperationException => error.Message.Contains("empty handle", StringComparison.Ordinal),
        ArgumentException { ParamName: { } name } => Array.Exists(method.GetParameters(), p => p.Name == name)
            || (method.DeclaringType!.BaseType == typeof(Torch.Modules.TopKModule) && name is "x" or "k"), // The words of their documentation.
        ExternalException => method.DeclaringType == typeof(SparseLayer) || error.Message.Contains("same dtype", StringComparison.Ordinal),
        _ => false,
    };

    private static Exception? Call(MethodBase method, ParameterInfo parameter, Func<Tensor, Tensor> change)
    {
        using var scope = NewDisposeScope();
        var arguments = Samples.Arguments(method);
        arguments[parameter.Position] = change((Tensor)arguments[parameter.Position]!);
        return PublicSurface.Call(method, Samples.Target(method), arguments);
    }

    private static Tensor Disposed(Tensor x)
    {
        x.Dispose();
        return x;
    }
}
