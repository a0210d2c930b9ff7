using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using SparseTopK.TestKit;

namespace SparseTopK.Kernels.Tests.Robustness;

/// <summary>Every method on views, found by reflection, with everything that can be wrong with each of its parameters: the error names the
/// parameter, and no kernel is launched.</summary>
public sealed class SurfaceTests : IDisposable
{
    private const int Rows = 3, Columns = 4;

    private static readonly string[] MayBeDestination = ["x", "y", "v", "gradOutput", "tangent"];

    private readonly Memory _memory = new(Shared<CpuDevices>.Accelerator);
    private readonly GpuTopK _kernels = new(Shared<CpuDevices>.Accelerator);

    private static IEnumerable<MethodInfo> Methods => MethodsOn(typeof(float));

    private static IEnumerable<ParameterInfo> Parameters => Methods.SelectMany(method => method.GetParameters());

    private static IEnumerable<MethodInfo> MethodsOn(Type element) => PublicSurface.Of(typeof(GpuTopK).Assembly).OfType<MethodInfo>()
        .Where(IsOnViews)
        .Select(method => method.MakeGenericMethod(element));

    public void Dispose()
    {
        _kernels.Dispose();
        _memory.Dispose();
    }

    [Fact]
    public void Every_other_method_and_constructor_has_its_tests() => Assert.Equal(
        [
            "GpuTopK..ctor(Accelerator accelerator)", "GpuTopK.CreateBest(Action`1 report)", "GpuTopK.Dispose()",
            "GpuTopK.ForCudaDevice(Int32 ordinal, Func`2 scratch)", "GpuTopK.StreamOf(IntPtr stream)", "GpuTopK.ViewOf(IntPtr address, Int64 length)",
        ],
        PublicSurface.Of(typeof(GpuTopK).Assembly)
            .Where(method => !IsOnViews(method) && method.DeclaringType != typeof(BFloat16)) // See ElementTests.
            .Select(PublicSurface.Describe).Order(StringComparer.Ordinal));

    [Fact]
    public void Settings_out_of_range_are_named() => None(
        from parameter in Parameters
        from bad in BadSettings(parameter)
        from failure in Refuses(parameter, arguments => arguments[parameter.Position] = bad, $"{bad}", parameter.Name!)
        select failure);

    [Fact]
    public void N_that_does_not_divide_the_length_is_an_error_of_the_first_input() => None(
        from parameter in Parameters
        where parameter.Name == "n"
        from n in new[] { 0, 5, 13, int.MaxValue }
        from failure in Refuses(parameter, arguments => Divide(parameter, arguments, n), $"{n}", ((MethodBase)parameter.Member).GetParameters()[0].Name!)
        select failure);

    [Fact]
    public void Options_are_needed_unless_they_are_optional() => None(
        from parameter in Parameters
        where !parameter.ParameterType.IsValueType && PublicSurface.NeedsValue(parameter)
        from failure in Refuses(parameter, arguments => arguments[parameter.Position] = null, "null", parameter.Name!)
        select failure);

    [Fact]
    public void Views_of_other_lengths_are_named() => None(
        from parameter in Parameters.Where(IsView)
        where !(parameter.Position == 0 && IsAllocating(parameter))
        let length = _memory.Of(parameter).Length
        from wrong in IsOptional(parameter) || parameter.Position == 0 ? [length - 1, length + 1] : new[] { length - 1, length + 1, 0 }
        from failure in Refuses(parameter, arguments => arguments[parameter.Position] = _memory.Of(parameter).Slice(wrong), $"of {wrong}", parameter.Name!)
        select failure);

    [Fact]
    public void Views_of_another_accelerator_or_of_memory_disposed_of_are_named()
    {
        var (context, accelerator) = CpuDevices.Open();
        var (foreign, disposed) = (new Memory(accelerator), new Memory(Shared<CpuDevices>.Accelerator));
        var views = (
            from parameter in Parameters.Where(IsView)
            from memory in new[] { foreign, disposed }
            select (Parameter: parameter, Memory: memory, View: memory.Of(parameter).Whole)).ToArray();
        disposed.Dispose();
        None(
            from view in views
            let what = view.Memory == foreign ? "of another accelerator" : "disposed of"
            from failure in Refuses(view.Parameter, arguments => arguments[view.Parameter.Position] = view.View, what, view.Parameter.Name!)
            select failure);
        foreign.Dispose();
        accelerator.Dispose();
        context.Dispose();
    }

    [Fact]
    public void Views_that_overlap_are_named_unless_they_may() => None(
        from method in MethodsOn(typeof(float)).Concat(MethodsOn(typeof(double)))
        let views = method.GetParameters().Where(IsView).ToArray()
        from output in views.Where(IsOutput)
        from other in views
        where other != output && other.ParameterType == output.ParameterType
        from shift in new[] { -1L, 0, 1 }
        where !(shift == 0 && output.Name == "destination" && MayBeDestination.Contains(other.Name))
        let names = IsOutput(other) ? new[] { output.Name!, other.Name! } : [output.Name!, other.Name!]
        from failure in Refuses(
            output, arguments => arguments[output.Position] = _memory.Of(other).Shifted(shift, _memory.Of(output).Length), $"{other.Name} + {shift}", names)
        select failure);

    [Fact]
    public void Other_element_types_and_instances_disposed_of_are_refused()
    {
        var ended = new GpuTopK(Shared<CpuDevices>.Accelerator);
        ended.Dispose();
        None(
            from method in Methods
            let error = PublicSurface.Call(method, ended, _memory.Arguments(method))
            where error is not ObjectDisposedException
            select $"{PublicSurface.Describe(method)}: {error}");
        using var ints = new Memory(Shared<CpuDevices>.Accelerator);
        None(
            from method in MethodsOn(typeof(int))
            let error = PublicSurface.Call(method, _kernels, ints.Arguments(method))
            where error is not NotSupportedException
            select $"{PublicSurface.Describe(method)}: {error}");
    }

    [Fact]
    public void Where_there_is_no_row_nothing_is_done() => None(
        from method in Methods
        from n in new[] { 0, Columns }
        let arguments = method.GetParameters().Select(p => IsView(p) ? Activator.CreateInstance(p.ParameterType)
            : p.Name == "n" ? n : p.Name == "k" ? n / 2 : _memory.Argument(p)).ToArray()
        let error = PublicSurface.Call(method, _kernels, arguments)
        where error is not null
        select $"{PublicSurface.Describe(method)}: n = {n}: {error}");

    private static void Divide(ParameterInfo n, object?[] arguments, int value)
    {
        arguments[n.Position] = value;
        foreach (var k in ((MethodBase)n.Member).GetParameters().Where(p => p.Name == "k" && !IsView(p)))
        {
            arguments[k.Position] = 0;
        }
    }

    private static object[] BadSettings(ParameterInfo parameter) => parameter.ParameterType switch
    {
        var type when type == typeof(PNorm) => [default(PNorm)],
        var type when type == typeof(SoftOrder) => [default(SoftOrder)],
        var type when type == typeof(TopKSolver) => [(TopKSolver)3, (TopKSolver)(-1), TopKSolver.Dykstra],
        var type when type == typeof(IsotonicOrder) => [(IsotonicOrder)2, (IsotonicOrder)(-1)],
        var type when type == typeof(int) && parameter.Name == "n" => [-1, int.MinValue],
        var type when type == typeof(int) && parameter.Name == "k" => [-1, Columns + 1, int.MinValue, int.MaxValue],
        var type when type == typeof(IsotonicObjective) => [IsotonicObjective.LinearTerm(new(1.7, 1))],
        var type when type == typeof(DykstraOptions) || type == typeof(AcceleratorStream) || IsView(parameter) => [],
        _ => throw new NotSupportedException($"What can be wrong with {parameter.ParameterType.Name} {parameter.Name}?"),
    };

    private IEnumerable<string> Refuses(ParameterInfo parameter, Action<object?[]> change, string what, params string[] names)
    {
        var method = (MethodInfo)parameter.Member;
        var arguments = _memory.Arguments(method);
        change(arguments);
        var error = PublicSurface.Call(method, _kernels, arguments);
        return error is ArgumentException { ParamName: { } name } && names.Contains(name)
            ? []
            : [$"{PublicSurface.Describe(method)}: {parameter.Name} {what}: {error?.GetType().Name ?? "no error"} {error?.Message}"];
    }

    private static bool IsOnViews(MethodBase method) => method.GetParameters().Any(IsView);

    private static bool IsView(ParameterInfo parameter) => parameter.ParameterType.IsGenericType
        && parameter.ParameterType.GetGenericTypeDefinition() == typeof(ArrayView<>);

    private static bool IsAllocating(ParameterInfo parameter) => ((MethodInfo)parameter.Member).ReturnType != typeof(void);

    private static bool IsOptional(ParameterInfo parameter) => parameter.HasDefaultValue
        || (parameter.Name == "weights" && parameter.Member.Name != nameof(GpuTopK.PermutahedronForward))
        || (parameter.Name == "thresholds" && parameter.Member.Name == nameof(GpuTopK.MaskForward));

    /// <summary>What a method writes: the views of the results of rows are inputs of the products.</summary>
    private static bool IsOutput(ParameterInfo parameter) => parameter.Name == "destination"
        || (parameter.Name is "thresholds" or "residuals" or "halfSweeps" or "blockEnds" or "permutation" && !IsProduct(parameter.Member));

    private static bool IsProduct(MemberInfo method) =>
        method.Name.EndsWith("Vjp", StringComparison.Ordinal) || method.Name.EndsWith("Jvp", StringComparison.Ordinal);

    private static void None(IEnumerable<string> failures)
    {
        var all = string.Join("\n", failures);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>Room for every view that a method takes, by name.</summary>
    private sealed class Memory(Accelerator accelerator) : IDisposable
    {
        private readonly Dictionary<(string Name, Type Type), IRoom> _rooms = [];

        public IRoom Of(ParameterInfo parameter)
        {
            var type = parameter.ParameterType.GetGenericArguments()[0];
            if (!_rooms.TryGetValue((parameter.Name!, type), out var room))
            {
                room = (IRoom)Activator.CreateInstance(typeof(Room<>).MakeGenericType(type), accelerator, LengthOf(parameter.Name!))!;
                _rooms.Add((parameter.Name!, type), room);
            }

            return room;
        }

        public object?[] Arguments(MethodInfo method) => [.. method.GetParameters().Select(Argument)];

        public object? Argument(ParameterInfo parameter) => parameter.ParameterType switch
        {
            _ when IsView(parameter) => Of(parameter).Whole,
            var type when type == typeof(int) => parameter.Name == "n" ? Columns : 2,
            var type when type == typeof(PNorm) => PNorm.Quadratic(1),
            var type when type == typeof(SoftOrder) => new SoftOrder(1),
            var type when type == typeof(DykstraOptions) => DykstraOptions.Default,
            var type when type == typeof(AcceleratorStream) => null,
            var type => Activator.CreateInstance(type),
        };

        public void Dispose()
        {
            foreach (var room in _rooms.Values)
            {
                room.Dispose();
            }
        }

        private static int LengthOf(string name) => name is "k" or "thresholds" or "residuals" or "halfSweeps" ? Rows : Rows * Columns;
    }

    private interface IRoom : IDisposable
    {
        long Length { get; }

        object Whole { get; }

        object Slice(long length);

        object Shifted(long by, long length);
    }

    private sealed class Room<T>(Accelerator accelerator, int length) : IRoom
        where T : unmanaged
    {
        private const int Before = 16;

        private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer = accelerator.Allocate1D<T>(length + (2 * Before));

        public long Length => length;

        public object Whole => Slice(length);

        public object Slice(long taken) => taken == 0 ? default(ArrayView<T>) : Shifted(0, taken);

        public object Shifted(long by, long taken) => ((ArrayView<T>)_buffer.View).SubView(Before + by, taken);

        public void Dispose() => _buffer.Dispose();
    }
}
