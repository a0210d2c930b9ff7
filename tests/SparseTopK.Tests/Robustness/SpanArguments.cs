using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SparseTopK.Tests.Robustness;

/// <summary>A stretch of memory with guards around it: what a span is made of. Regions of any two types can be laid over each other.</summary>
internal abstract class Region(int length)
{
    /// <summary>The bytes before and after.</summary>
    public const int Guard = 256;

    /// <summary>The length in elements.</summary>
    public int Length { get; set; } = length;

    /// <summary>The first byte of the region.</summary>
    public int Start { get; set; } = Guard;

    public byte[] Memory { get; set; } = [];

    public abstract int ElementSize { get; }

    /// <summary>The first elements.</summary>
    public abstract Array First(int count);
}

internal sealed class Region<T> : Region
    where T : struct
{
    public Region(params T[] content)
        : base(content.Length)
    {
        Memory = new byte[(2 * Guard) + (content.Length * ElementSize)];
        content.CopyTo(Span);
    }

    public override int ElementSize => Unsafe.SizeOf<T>();

    public Span<T> Span => MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref Memory[Start]), Length);

    public override Array First(int count) => Span[..count].ToArray();

    public static implicit operator Span<T>(Region<T> region) => region.Span;

    public static implicit operator ReadOnlySpan<T>(Region<T> region) => region.Span;
}

/// <summary>Valid arguments of every operator on spans, by the names of its parameters.</summary>
internal sealed class SpanArguments<T>
    where T : unmanaged, INumberBase<T>
{
    public const int Rows = 3, Columns = 4;

    public Dictionary<string, Region> Regions { get; } = new()
    {
        ["x"] = Entries(i => 1 + (i % 5)),
        ["y"] = Entries(i => 1 + (i % 3)),
        ["v"] = Entries(i => 1 + (i % 4)),
        ["weights"] = Entries(i => 12 - i),
        ["gradOutput"] = Entries(i => 2 + (i % 3)),
        ["tangent"] = Entries(i => 3 + (i % 2)),
        ["destination"] = Entries(_ => 7),
        ["values"] = Entries(_ => 7),
        ["thresholds"] = new Region<double>([2, 2, 2]),
        ["k"] = new Region<int>([2, 2, 2]),
        ["permutation"] = Repeated([2, 0, 1, 3]),
        ["blockEnds"] = Repeated([2, 4, 4, 4]),
        ["counts"] = new Region<int>([7, 7, 7]),
        ["indices"] = Repeated([7, 7, 7, 7]),
        ["results"] = new Region<DykstraResult>(new DykstraResult[Rows]),
    };

    /// <summary>The arguments that are no memory, by name and type: two of them are called order.</summary>
    public Dictionary<(string Name, Type Type), object?> Settings { get; } = new()
    {
        [("n", typeof(int))] = Columns,
        [("k", typeof(int))] = 2,
        [("norm", typeof(PNorm))] = PNorm.Quadratic(1.5),
        [("solver", typeof(TopKSolver))] = TopKSolver.Threshold,
        [("order", typeof(SoftOrder))] = new SoftOrder(1.5),
        [("order", typeof(IsotonicOrder))] = IsotonicOrder.Decreasing,
        [("objective", typeof(IsotonicObjective))] = IsotonicObjective.LeastSquares,
        [("options", typeof(DykstraOptions))] = new DykstraOptions { AcceptUnconverged = true },
    };

    public Region<T> X => (Region<T>)Regions["x"];

    public Region<T> Y => (Region<T>)Regions["y"];

    public Region<T> V => (Region<T>)Regions["v"];

    public Region<T> Weights => (Region<T>)Regions["weights"];

    public Region<T> GradOutput => (Region<T>)Regions["gradOutput"];

    public Region<T> Tangent => (Region<T>)Regions["tangent"];

    public Region<T> Destination => (Region<T>)Regions["destination"];

    public Region<T> Values => (Region<T>)Regions["values"];

    public Region<double> Thresholds => (Region<double>)Regions["thresholds"];

    public Region<int> KPerRow => (Region<int>)Regions["k"];

    public Region<int> Permutation => (Region<int>)Regions["permutation"];

    public Region<int> BlockEnds => (Region<int>)Regions["blockEnds"];

    public Region<int> Counts => (Region<int>)Regions["counts"];

    public Region<int> Indices => (Region<int>)Regions["indices"];

    public Region<DykstraResult> Results => (Region<DykstraResult>)Regions["results"];

    public int N => Setting<int>("n");

    public int K => Setting<int>("k");

    public PNorm Norm => Setting<PNorm>("norm");

    public TopKSolver Solver => Setting<TopKSolver>("solver");

    public SoftOrder SoftOrder => Setting<SoftOrder>("order");

    public IsotonicOrder IsotonicOrder => Setting<IsotonicOrder>("order");

    public IsotonicObjective Objective => Setting<IsotonicObjective>("objective");

    public DykstraOptions? Options => Setting<DykstraOptions?>("options");

    /// <summary>A tensor of rows; of one dimension where the length has been tampered with.</summary>
    public static TensorSpan<T> Tensor(Region<T> region) =>
        region.Length % Columns == 0 ? new(region, [region.Length / Columns, Columns]) : new(region, [region.Length]);

    private TSetting Setting<TSetting>(string name) =>
        (TSetting)Settings[(name, Nullable.GetUnderlyingType(typeof(TSetting)) ?? typeof(TSetting))]!;

    private static Region<T> Entries(Func<int, int> entry) =>
        new([.. Enumerable.Range(0, Rows * Columns).Select(i => T.CreateTruncating(entry(i)))]);

    private static Region<int> Repeated(int[] row) => new([.. Enumerable.Repeat(row, Rows).SelectMany(r => r)]);
}
