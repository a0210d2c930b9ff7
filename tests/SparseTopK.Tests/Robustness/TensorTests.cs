using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Xunit;

namespace SparseTopK.Tests.Robustness;

/// <summary>Tensors of any strides, of any shape, and of none.</summary>
public sealed class TensorTests
{
    private static readonly PNorm Norm = PNorm.Quadratic(1.5);
    private static readonly SoftOrder Order = new(1.5);
    private static readonly double[] X = [4, 1, 3, 2, 0, 5, 9, 8, 7, 6, 5.5, 1.5];
    private static readonly int[] Places = [.. Enumerable.Repeat(new[] { 0, 1, 2, 3 }, 3).SelectMany(row => row)];
    private static readonly int[] Ends = [.. Enumerable.Repeat(new[] { 2, 4, 4, 4 }, 3).SelectMany(row => row)];

    [Fact]
    public void A_gradient_of_another_shape_is_refused()
    {
        Refuses((g, d) => TopKMask.Vjp(Tensor(X), g, Norm, d));
        Refuses((g, d) => TopKMagnitude.Vjp(Tensor(X), [1, 1, 1], g, 2, Norm, d));
        Refuses((g, d) => SoftRank.Vjp(Tensor(X), Places, Ends, g, Order, d));
        Refuses((g, d) => SoftSort.Vjp(Tensor(X), Places, Ends, g, Order, d));
    }

    [Fact]
    public void Transposed_reversed_and_repeated_tensors_are_read_by_their_shape()
    {
        var expected = TopKMask.Forward<double>(X, 4, 2, Norm);
        var columns = new double[12];
        for (var i = 0; i < 12; i++)
        {
            columns[(i % 4 * 3) + (i / 4)] = X[i];
        }

        var memory = new double[12];
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(columns, [3, 4], [1, 3]), 2, Norm, Tensor(memory));
        Assert.Equal(expected, memory);
        TopKMask.Forward(Tensor(X), 2, Norm, new TensorSpan<double>(memory, [3, 4], [1, 3]));
        Assert.Equal(expected, Enumerable.Range(0, 12).Select(i => memory[(i % 4 * 3) + (i / 4)]));
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, [3, 4], [0, 1]), 2, Norm, Tensor(memory));
        Assert.Equal([.. expected[..4], .. expected[..4], .. expected[..4]], memory);
    }

    [Fact]
    public void A_strided_destination_may_lie_over_the_input()
    {
        var expected = TopKMagnitude.Forward<double>(X, 4, 2, Norm, out _);
        double[] memory = [.. X, .. new double[6]];
        TopKMagnitude.Forward(new ReadOnlyTensorSpan<double>(memory, [3, 4], [4, 1]), 2, Norm, new TensorSpan<double>(memory, [3, 4], [6, 1]), new double[3]);
        Assert.Equal(expected, Enumerable.Range(0, 12).Select(i => memory[(i / 4 * 6) + (i % 4)]));
    }

    [Fact]
    public void Any_number_of_dimensions_is_read()
    {
        nint[] shape = [.. Enumerable.Repeat((nint)1, 200_000), 3, 4];
        var expected = TopKMask.Forward<double>(X, 4, 2, Norm);
        double[] dense = new double[12], strided = new double[24];
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, shape), 2, Norm, new TensorSpan<double>(dense, shape));
        Assert.Equal(expected, dense);
        nint[] strides = [.. Enumerable.Repeat((nint)0, 200_000), 8, 2];
        double[] spaced = [.. X.SelectMany(v => new[] { v, 0 })];
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(spaced, shape, strides), 2, Norm, new TensorSpan<double>(strided, shape, strides));
        Assert.Equal(expected.SelectMany(v => new[] { v, 0 }), strided);
    }

    [Fact]
    public void More_entries_than_a_span_can_hold_are_an_error_of_the_input()
    {
        var memory = new double[12];
        foreach (nint[] shape in new nint[][] { [1 << 16, 1 << 16], [3, (nint)1 << 32], [0, (nint)1 << 32] })
        {
            var error = Assert.Throws<ArgumentException>(
                () => TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, shape, [0, 0]), 0, Norm, Tensor(memory)));
            Assert.Equal("x", error.ParamName);
        }
    }

    [Fact]
    public void What_lies_in_the_memory_of_a_strided_destination_is_refused()
    {
        var memory = Enumerable.Range(0, 18).Select(i => (double)i).ToArray();
        var places = new int[12];
        Refuses("thresholds", () => TopKMagnitude.Forward(Tensor(X), 2, Norm, Strided(memory), memory.AsSpan(6, 3)));
        Refuses("permutation", () => SoftRank.Forward(Tensor(X), Order, Strided(memory), MemoryMarshal.Cast<double, int>(memory.AsSpan())[..12], places));
        Refuses("blockEnds", () => SoftRank.Forward(Tensor(X), Order, Strided(memory), places, MemoryMarshal.Cast<double, int>(memory.AsSpan())[20..32]));
        Refuses("permutation", () => SoftSort.Forward(Tensor(X), Order, Strided(memory), MemoryMarshal.Cast<double, int>(memory.AsSpan())[..12], places));
        Refuses("blockEnds", () => SoftSort.Forward(Tensor(X), Order, Strided(memory), places, MemoryMarshal.Cast<double, int>(memory.AsSpan())[20..32]));

        static TensorSpan<double> Strided(double[] memory) => new(memory, [3, 4], [6, 1]);

        void Refuses(string name, Action call)
        {
            Assert.Equal(name, Assert.ThrowsAny<ArgumentException>(call).ParamName);
            Assert.Equal(Enumerable.Range(0, 18).Select(i => (double)i), memory);
        }
    }

    [Fact]
    public void One_entry_no_entry_and_no_dimension()
    {
        var one = new double[1];
        TopKMask.Forward(default, 0, Norm, default(TensorSpan<double>));
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, [3, 0]), 0, Norm, new TensorSpan<double>(one, [3, 0]));
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, [0, 4]), 2, Norm, new TensorSpan<double>(one, [0, 4]));
        SoftSort.Forward(new ReadOnlyTensorSpan<double>(X, [0, 4]), Order, new TensorSpan<double>(one, [0, 4]));
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, [1, 1]), 1, Norm, new TensorSpan<double>(one, [1, 1]));
        Assert.Equal([1], one);
    }

    private delegate void Call(ReadOnlyTensorSpan<double> gradOutput, TensorSpan<double> destination);

    private static TensorSpan<double> Tensor(double[] memory) => new(memory, [3, 4]);

    private static void Refuses(Call call)
    {
        var memory = new double[12];
        foreach (nint[] shape in new nint[][] { [4, 3], [12], [2, 2, 3] })
        {
            var error = Assert.ThrowsAny<ArgumentException>(() => call(new ReadOnlyTensorSpan<double>(X, shape), Tensor(memory)));
            Assert.Equal("gradOutput", error.ParamName);
            Assert.All(memory, v => Assert.Equal(0, v));
        }
    }
}
