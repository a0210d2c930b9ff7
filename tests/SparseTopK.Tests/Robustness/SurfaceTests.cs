using System.Reflection;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests.Robustness;

/// <summary>Every public constructor, method and setter of the core that takes no span, with what can be wrong with each parameter.</summary>
public sealed class SurfaceTests
{
    private static readonly object[] NotPositive = [0.0, -1.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    private static IEnumerable<MethodBase> Methods => PublicSurface.Of(typeof(PNorm).Assembly)
        .Where(method => !method.GetParameters().Any(parameter => SpanMethods.IsMemory(parameter)));

    [Fact]
    public void Values_out_of_range_are_named()
    {
        foreach (var parameter in Methods.SelectMany(method => method.GetParameters()))
        {
            var (method, names) = ((MethodBase)parameter.Member, PublicSurface.NamesOf(parameter));
            foreach (var bad in BadValues(parameter))
            {
                object?[] arguments = [.. method.GetParameters().Select(Valid)];
                arguments[parameter.Position] = bad;
                var error = PublicSurface.Call(method, method.IsConstructor || method.IsStatic ? null : Target(method.DeclaringType!), arguments);
                Assert.True(
                    error is ArgumentException { ParamName: { } name } && names.Contains(name),
                    $"{PublicSurface.Describe(method)}: {parameter.Name} = {bad}: {error?.ToString() ?? "no error"}");
            }
        }
    }

    [Fact]
    public void Responses_take_any_number()
    {
        foreach (var norm in new[] { PNorm.Quadratic(1), PNorm.Smooth(double.Epsilon), new PNorm(1e300, double.MaxValue), new PNorm(1.0000001, 1e-300) })
        {
            foreach (var t in new[] { double.NegativeInfinity, -1, -double.Epsilon, 0, -0.0 })
            {
                Assert.Equal(0, norm.ConjugateDerivative(t));
                Assert.Equal(0, norm.ConjugateSecondDerivative(t));
            }

            Assert.True(double.IsNaN(norm.ConjugateDerivative(double.NaN)) && double.IsNaN(norm.Derivative(double.NaN)));
            Assert.Equal(0, norm.Derivative(0));
            Assert.Equal(double.PositiveInfinity, norm.ConjugateDerivative(double.PositiveInfinity));
        }
    }

    /// <summary>A default of each structure: refused by the operators, harmless otherwise.</summary>
    [Fact]
    public void Defaults_can_be_compared_and_printed()
    {
        foreach (var value in new object[] { default(PNorm), default(SoftOrder), default(IsotonicObjective), default(DykstraResult) })
        {
            Assert.Equal(Activator.CreateInstance(value.GetType()), value);
            Assert.NotEqual("", value.ToString());
            Assert.Equal(value.GetHashCode(), value.GetHashCode());
        }
    }

    private static object[] BadValues(ParameterInfo parameter) => (PublicSurface.NamesOf(parameter)[^1], parameter.ParameterType) switch
    {
        (_, { IsEnum: true } type) => [Enum.ToObject(type, 99), Enum.ToObject(type, -1)],
        ("P", _) => [1.0, .. NotPositive],
        ("Lambda" or "lambda", _) => NotPositive,
        ("Tolerance", _) => NotPositive[1..],
        ("MaxHalfSweeps" or "MaxDegreeOfParallelism", _) => [0, -1, int.MinValue],
        ("norm", _) => [default(PNorm)],
        _ when parameter.Member.DeclaringType == typeof(DykstraResult) || parameter.Member.DeclaringType == typeof(DykstraConvergenceException) => [],
        ("y" or "t" or "AcceptUnconverged", _) => [],
        (var name, var type) => throw new NotSupportedException($"What can be wrong with {type.Name} {name} of {parameter.Member}?"),
    };

    private static object? Valid(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(double) => 2.0,
        var type when type == typeof(int) => 1,
        var type when type == typeof(PNorm) => PNorm.Quadratic(1),
        { IsValueType: true } type => Activator.CreateInstance(type),
        _ => null,
    };

    private static object Target(Type type) => type == typeof(PNorm) ? PNorm.Quadratic(1)
        : type == typeof(SoftOrder) ? new SoftOrder(1)
        : Activator.CreateInstance(type)!;
}
