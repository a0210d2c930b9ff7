using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace SparseTopK.Tests.Robustness;

/// <summary>Every method that takes spans, with everything that can be wrong with each of its parameters: the error names the parameter,
/// and nothing has been written.</summary>
public sealed class SpanSurfaceTests
{
    /// <summary>Spans that the documentation lets be empty, beside those with a default.</summary>
    private static readonly string[] MayBeEmpty =
    [
        "TopKMask.Forward(x[], n, k[], norm, destination[], thresholds[], options, results[]): thresholds",
    ];

    public static TheoryData<string> Keys => [.. SpanMethods.All.Keys];

    [Fact]
    public void The_list_has_every_method_that_takes_spans() => Assert.Equal(SpanMethods.All.Keys.Order(), SpanOperations<float>.All.Keys.Order());

    [Theory]
    [MemberData(nameof(Keys))]
    public void Valid_arguments_write_to_the_outputs_alone(string key)
    {
        Check<float>();
        Check<double>();
        Check<Half>();

        void Check<T>()
            where T : unmanaged, INumberBase<T>
        {
            var arguments = new SpanArguments<T>();
            var before = Snapshot(arguments);
            SpanOperations<T>.All[key](arguments);
            foreach (var (name, region) in arguments.Regions)
            {
                var written = SpanMethods.All[key].Any(p => p.Name == name && SpanMethods.IsOutput(p));
                for (var i = 0; i < region.Memory.Length; i++)
                {
                    var inside = written && i >= region.Start && i < region.Start + (region.Length * region.ElementSize);
                    Assert.True(inside || before[name][i] == region.Memory[i], $"{name}, byte {i - region.Start}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Settings_out_of_range_are_named(string key)
    {
        foreach (var parameter in SpanMethods.All[key].Where(p => !SpanMethods.IsMemory(p) && !p.IsOut))
        {
            var (name, type) = (parameter.Name!, parameter.ParameterType);
            foreach (var bad in BadSettings(name, type))
            {
                Refuses<float>(key, a => a.Settings[(name, type)] = bad, name);
                Refuses<Half>(key, a => a.Settings[(name, type)] = bad, name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Options_are_needed_unless_they_are_optional(string key)
    {
        foreach (var parameter in SpanMethods.All[key].Where(p => p.ParameterType == typeof(DykstraOptions)))
        {
            var isOptional = new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable;
            var error = Record.Exception(() => SpanOperations<float>.All[key](With<float>(a => a.Settings[("options", typeof(DykstraOptions))] = null)));
            Assert.Equal(isOptional ? null : "options", (error as ArgumentNullException)?.ParamName);
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void N_that_does_not_divide_the_length_is_an_error_of_the_first_input(string key)
    {
        var parameters = SpanMethods.All[key];
        foreach (var n in parameters.Any(p => p.Name == "n") ? new[] { 0, 5, 13, int.MaxValue } : [])
        {
            Refuses<float>(
                key,
                a =>
                {
                    a.Settings[("n", typeof(int))] = n;
                    a.Settings[("k", typeof(int))] = 0;
                    a.KPerRow.Span.Clear();
                },
                parameters[0].Name!);
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Lengths_that_do_not_match_are_named(string key)
    {
        // The length of a first input without n is what the others are measured by.
        var parameters = SpanMethods.All[key];
        foreach (var parameter in parameters.Where(SpanMethods.IsMemory).Skip(parameters.Any(p => p.Name == "n") ? 0 : 1))
        {
            var name = parameter.Name!;
            var mayBeEmpty = parameter.HasDefaultValue || MayBeEmpty.Contains($"{key}: {name}")
                || (name == "weights" && !key.StartsWith("Permutahedron", StringComparison.Ordinal));
            var wrong = name is "indices" or "values" ? [0, 1] : new[] { -1, 1 }.Select(by => new SpanArguments<float>().Regions[name].Length + by);
            foreach (var length in mayBeEmpty || parameter == parameters[0] ? wrong : wrong.Append(0))
            {
                Refuses<float>(key, a => a.Regions[name].Length = length, name);
                Refuses<Half>(key, a => a.Regions[name].Length = length, name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Contents_that_are_not_admitted_are_named(string key)
    {
        foreach (var parameter in SpanMethods.All[key].Where(p => SpanMethods.IsMemory(p) && !SpanMethods.IsOutput(p)))
        {
            switch (parameter.Name)
            {
                case "k":
                    BadRows<float, int>("k", a => a.KPerRow, [-1], [5], [int.MinValue], [int.MaxValue]);
                    break;
                case "permutation":
                    BadRows<float, int>(
                        "permutation", a => a.Permutation, [0, 1, 2, 4], [0, 1, 2, -1], [0, 1, 2, 2], [int.MaxValue, 0, 1, 2], [3, 2, 1, int.MinValue]);
                    break;
                case "blockEnds":
                    BadRows<double, int>(
                        "blockEnds", a => a.BlockEnds, [2, 5, 4, 4], [-1, 4, 4, 4], [3, 2, 4, 4], [1, 1, 1, 1], [1, 0, 4, 4], [4, 4, 4, 3],
                        [int.MinValue, 4, 4, 4], [int.MaxValue, 4, 4, 4]);
                    break;
                case "weights":
                    BadRows<double, double>("weights", a => a.Weights, [4, 3, 2, double.NaN], [double.PositiveInfinity, 3, 2, 1], [3, 2, 1, double.NegativeInfinity]);
                    BadRows<Half, Half>("weights", a => a.Weights, [(Half)4, (Half)3, (Half)2, Half.NaN]);
                    BadRows<float, float>("weights", a => a.Weights, key.StartsWith("Permutahedron", StringComparison.Ordinal) ? [1, 2, 3, 4] : [3, 2, 1, -float.Epsilon]);
                    break;
            }
        }

        void BadRows<T, TElement>(string name, Func<SpanArguments<T>, Region<TElement>> region, params TElement[][] rows)
            where T : unmanaged, INumberBase<T>
            where TElement : struct
        {
            foreach (var row in rows)
            {
                Refuses<T>(key, a => row.CopyTo(region(a).Span[^row.Length..]), name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Memory_that_overlaps_is_named_unless_it_may(string key)
    {
        Check<double>();
        Check<Half>();

        void Check<T>()
            where T : unmanaged, INumberBase<T>
        {
            var memory = SpanMethods.All[key].Where(SpanMethods.IsMemory).ToArray();
            foreach (var output in memory.Where(SpanMethods.IsOutput))
            {
                foreach (var other in memory.Where(p => p != output))
                {
                    foreach (var start in Starts<T>(output, other))
                    {
                        CheckOverlap<T>(key, output, other, start);
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Other_element_types_are_refused(string key)
    {
        Refused<int>();
        Refused<short>();
        Refused<char>();
        Refused<sbyte>();
        Refused<decimal>();
        Refused<NFloat>();
        Refused<Complex>();

        void Refused<T>()
            where T : unmanaged, INumberBase<T>
        {
            var arguments = new SpanArguments<T>();
            var before = Snapshot(arguments);
            Assert.Throws<NotSupportedException>(() => SpanOperations<T>.All[key](arguments));
            AssertUnchanged(before, arguments);
        }
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Where_there_is_no_row_nothing_is_done(string key)
    {
        foreach (var n in new[] { 0, 4 })
        {
            var arguments = With<float>(a =>
            {
                a.Settings[("n", typeof(int))] = n;
                a.Settings[("k", typeof(int))] = SpanMethods.All[key].Any(p => p.Name == "n") ? n / 2 : 0;
                foreach (var region in a.Regions.Values)
                {
                    region.Length = 0;
                }
            });
            var before = Snapshot(arguments);
            SpanOperations<float>.All[key](arguments);
            AssertUnchanged(before, arguments);
        }
    }

    /// <summary>Rows that no scratch could be had for. The spans are longer than their memory: they are refused before it is touched.</summary>
    [Fact]
    public void Rows_too_long_for_scratch_are_refused_at_once()
    {
        const int N = int.MaxValue;
        var (norm, order, entry) = (PNorm.Quadratic(1), new SoftOrder(1), 0f);
        var x = MemoryMarshal.CreateSpan(ref entry, N);
        var results = new DykstraResult[1];
        Refused(x, x => TopKMask.Forward<float>(x, N, 1, norm, x));
        Refused(x, x => TopKMask.Forward<float>(x, N, 1, norm, x, TopKSolver.Dykstra));
        Refused(x[..(1 << 30)], x => TopKMask.Forward<float>(x, x.Length, 1, norm, x, TopKSolver.Pav));
        Refused(x[..(1 << 30)], x => SoftRank.Forward<float>(x, x.Length, order, x));
        Refused(x[..(1 << 30)], x => SoftSort.Forward<float>(x, x.Length, order, x));
        Refused(x[..(1 << 30)], x => Dykstra.Project<float>(x, x.Length, [], x, results));

        static void Refused(Span<float> x, Call call)
        {
            try
            {
                call(x);
                Assert.Fail("An exception was expected.");
            }
            catch (ArgumentOutOfRangeException error)
            {
                Assert.Equal("n", error.ParamName);
            }
        }
    }

    private delegate void Call(Span<float> x);

    private static IEnumerable<object> BadSettings(string name, Type type) => (name, type) switch
    {
        ("n", _) => [-1, int.MinValue],
        ("k", _) => [-1, 13, int.MinValue, int.MaxValue],
        ("norm", _) => [default(PNorm)],
        ("solver", _) => [(TopKSolver)3, (TopKSolver)(-1), (TopKSolver)int.MaxValue],
        ("order", _) when type == typeof(SoftOrder) => [default(SoftOrder)],
        ("order", _) => [(IsotonicOrder)2, (IsotonicOrder)(-1)],
        ("objective" or "options", _) => [],
        _ => throw new NotSupportedException($"What can be wrong with {type.Name} {name}?"),
    };

    /// <summary>Where an output may begin, in bytes from the start of the other, to lie over it: an element before and after it, upon it, and
    /// over its first and its last bytes alone.</summary>
    private static int[] Starts<T>(ParameterInfo output, ParameterInfo other)
        where T : unmanaged, INumberBase<T>
    {
        var regions = new SpanArguments<T>().Regions;
        var (written, read) = (regions[output.Name!], regions[other.Name!]);
        var size = written.ElementSize;
        var last = ((read.Length * read.ElementSize) - 1) / size * size;
        return [-size, 0, Math.Min(size, last), -((written.Length - 1) * size), last];
    }

    private static void CheckOverlap<T>(string key, ParameterInfo output, ParameterInfo other, int start)
        where T : unmanaged, INumberBase<T>
    {
        void Lay(SpanArguments<T> a)
        {
            a.Regions[output.Name!].Memory = a.Regions[other.Name!].Memory;
            a.Regions[output.Name!].Start = a.Regions[other.Name!].Start + start;
        }

        // Pairs are written from a copy. Else an input of the same shape may be the destination, unless it is read more than once.
        if ((key.Contains("ForwardSparse", StringComparison.Ordinal) && other.Name == "x")
            || (output.Name == "destination" && start == 0 && other.Name is "x" or "y" or "v" or "gradOutput" or "tangent"))
        {
            var (apart, shared) = (new SpanArguments<T>(), With<T>(Lay));
            SpanOperations<T>.All[key](apart);
            SpanOperations<T>.All[key](shared);
            Assert.Equal(Written(apart, output), Written(shared, output));
            return;
        }

        Refuses<T>(key, Lay, SpanMethods.IsOutput(other) ? [output.Name!, other.Name!] : [output.Name!]);
    }

    private static Array Written<T>(SpanArguments<T> arguments, ParameterInfo output)
        where T : unmanaged, INumberBase<T>
    {
        var region = arguments.Regions[output.Name!];
        return region.First(output.Name is "values" or "indices" ? arguments.Counts.Span.ToArray().Sum() : region.Length);
    }

    private static SpanArguments<T> With<T>(Action<SpanArguments<T>> change)
        where T : unmanaged, INumberBase<T>
    {
        var arguments = new SpanArguments<T>();
        change(arguments);
        return arguments;
    }

    private static void Refuses<T>(string key, Action<SpanArguments<T>> change, params string[] names)
        where T : unmanaged, INumberBase<T>
    {
        var arguments = With(change);
        var before = Snapshot(arguments);
        var error = Record.Exception(() => SpanOperations<T>.All[key](arguments));
        Assert.True(
            error is ArgumentException { ParamName: { } name } && names.Contains(name),
            $"{key}: {string.Join(" or ", names)} was expected: {error?.ToString() ?? "no error"}");
        AssertUnchanged(before, arguments);
    }

    private static Dictionary<string, byte[]> Snapshot<T>(SpanArguments<T> arguments)
        where T : unmanaged, INumberBase<T> =>
        arguments.Regions.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Memory.Clone());

    private static void AssertUnchanged<T>(Dictionary<string, byte[]> before, SpanArguments<T> arguments)
        where T : unmanaged, INumberBase<T> =>
        Assert.All(arguments.Regions, pair => Assert.Equal(before[pair.Key], pair.Value.Memory));
}
