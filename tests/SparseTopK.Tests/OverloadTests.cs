using System.Numerics.Tensors;
using SparseTopK.TestKit;
using Xunit;

namespace SparseTopK.Tests;

/// <summary>Arrays, tensors and pairs give what the span forms give.</summary>
public sealed class OverloadTests
{
    private const int Rows = 6, N = 10, K = 3;

    private static readonly PNorm Norm = PNorm.Quadratic(0.7);
    private static readonly double[] X = Inputs.Normal(Rows * N, 3);
    private static readonly double[] G = Inputs.Normal(Rows * N, 4);

    [Fact]
    public void Array_forms_give_what_the_span_forms_give()
    {
        var (y, vjp) = Mask();
        Assert.Equal(y, TopKMask.Forward<double>(X, N, K, Norm));
        Assert.Equal(vjp, TopKMask.Vjp<double>(y, G, N, Norm));
        Assert.Equal(y[..N], TopKMask.Forward<double>(X.AsSpan(0, N), K, Norm));

        var (z, gamma, gradient) = Magnitude();
        Assert.Equal(z, TopKMagnitude.Forward<double>(X, N, K, Norm, out var thresholds));
        Assert.Equal(gamma, thresholds);
        Assert.Equal(gradient, TopKMagnitude.Vjp<double>(X, gamma, G, N, K, Norm));
        Assert.Equal(z[..N], TopKMagnitude.Forward<double>(X.AsSpan(0, N), K, Norm));
    }

    [Fact]
    public void Dense_tensors_give_what_the_span_forms_give()
    {
        var shape = new nint[] { 2, 3, N };
        var (y, vjp) = Mask();
        var result = new double[X.Length];
        TopKMask.Forward(new ReadOnlyTensorSpan<double>(X, shape), K, Norm, new TensorSpan<double>(result, shape));
        Assert.Equal(y, result);
        TopKMask.Vjp(new ReadOnlyTensorSpan<double>(y, shape), new ReadOnlyTensorSpan<double>(G, shape), Norm, new TensorSpan<double>(result, shape));
        Assert.Equal(vjp, result);

        var (z, gamma, gradient) = Magnitude();
        var thresholds = new double[Rows];
        TopKMagnitude.Forward(new ReadOnlyTensorSpan<double>(X, shape), K, Norm, new TensorSpan<double>(result, shape), thresholds);
        Assert.Equal(z, result);
        Assert.Equal(gamma, thresholds);
        TopKMagnitude.Vjp(
            new ReadOnlyTensorSpan<double>(X, shape), gamma, new ReadOnlyTensorSpan<double>(G, shape), K, Norm, new TensorSpan<double>(result, shape));
        Assert.Equal(gradient, result);
    }

    [Fact]
    public void A_tensor_with_strides_is_read_and_written_through_them()
    {
        // The first N of each 16 entries.
        var (wide, target) = (new double[Rows * 16], new double[Rows * 16]);
        Array.Fill(wide, double.NaN);
        Array.Fill(target, -1);
        for (var row = 0; row < Rows; row++)
        {
            X.AsSpan(row * N, N).CopyTo(wide.AsSpan(row * 16));
        }

        nint[] lengths = [Rows, N], strides = [16, 1];
        TopKMask.Forward(
            new ReadOnlyTensorSpan<double>(wide, lengths, strides), K, Norm, new TensorSpan<double>(target, lengths, strides));

        var (y, _) = Mask();
        for (var row = 0; row < Rows; row++)
        {
            Assert.Equal(y.AsSpan(row * N, N).ToArray(), target.AsSpan(row * 16, N).ToArray());
            Assert.All(target.AsSpan((row * 16) + N, row == Rows - 1 ? 0 : 6).ToArray(), value => Assert.Equal(-1, value));
        }
    }

    [Fact]
    public void Tensors_of_different_shapes_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => TopKMask.Forward(
            new ReadOnlyTensorSpan<double>(X, [Rows, N]), K, Norm, new TensorSpan<double>(new double[X.Length], [N, Rows])));
        Assert.Equal("destination", error.ParamName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(K)]
    [InlineData(N)]
    public void Pairs_are_the_entries_that_are_not_0(int k)
    {
        var dense = TopKMask.Forward<double>(X, N, k, Norm);
        var (counts, indices, values) = (new int[Rows], new int[X.Length], new double[X.Length]);
        var total = TopKMask.ForwardSparse<double>(X, N, k, Norm, counts, indices, values);
        AssertPairs(dense, total, counts, indices, values);

        dense = TopKMagnitude.Forward<double>(X, N, k, Norm, out var expected);
        var thresholds = new double[Rows];
        total = TopKMagnitude.ForwardSparse<double>(X, N, k, Norm, counts, indices, values, thresholds);
        AssertPairs(dense, total, counts, indices, values);
        Assert.Equal(expected, thresholds);
    }

    [Fact]
    public void Pairs_without_room_are_refused_and_nothing_is_written()
    {
        var needed = TopKMask.Forward<double>(X, N, K, Norm).Count(y => y != 0);
        var (counts, indices, values) = (new int[Rows], new int[needed], new double[needed]);
        var error = Assert.Throws<ArgumentException>(() =>
            TopKMask.ForwardSparse<double>(X, N, K, Norm, counts, indices, values.AsSpan(1)));
        Assert.Equal("values", error.ParamName);
        error = Assert.Throws<ArgumentException>(() =>
            TopKMask.ForwardSparse<double>(X, N, K, Norm, counts, indices.AsSpan(1), values));
        Assert.Equal("indices", error.ParamName);
        Assert.All(counts, count => Assert.Equal(0, count));
        Assert.All(values, value => Assert.Equal(0, value));
        Assert.Equal(needed, TopKMask.ForwardSparse<double>(X, N, K, Norm, counts, indices, values));
    }

    private static void AssertPairs(double[] dense, int total, int[] counts, int[] indices, double[] values)
    {
        Assert.Equal(total, counts.Sum());
        var rebuilt = new double[dense.Length];
        var pair = 0;
        for (var row = 0; row < Rows; row++)
        {
            for (var i = 0; i < counts[row]; i++, pair++)
            {
                Assert.NotEqual(0, values[pair]);
                rebuilt[(row * N) + indices[pair]] = values[pair];
            }
        }

        Assert.Equal(dense, rebuilt);
    }

    private static (double[] Y, double[] Vjp) Mask()
    {
        var (y, vjp) = (new double[X.Length], new double[X.Length]);
        TopKMask.Forward<double>(X, N, K, Norm, y);
        TopKMask.Vjp<double>(y, G, N, Norm, vjp);
        return (y, vjp);
    }

    private static (double[] Z, double[] Gamma, double[] Vjp) Magnitude()
    {
        var (z, gamma, vjp) = (new double[X.Length], new double[Rows], new double[X.Length]);
        TopKMagnitude.Forward<double>(X, N, K, Norm, z, gamma);
        TopKMagnitude.Vjp<double>(X, gamma, G, N, K, Norm, vjp);
        return (z, gamma, vjp);
    }
}
