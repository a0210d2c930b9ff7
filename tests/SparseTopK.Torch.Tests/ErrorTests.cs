using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>What is refused, and that the error names it.</summary>
public class ErrorTests
{
    public static TheoryData<TopKOperator> Both => [TopKOperator.Mask, TopKOperator.Magnitude];

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Arguments_out_of_range_are_named(TopKOperator op)
    {
        using var x = zeros(2, 5);
        using var scalar = tensor(1.0f);
        Named("k", () => op.Apply(x, -1, 1));
        Named("k", () => op.Apply(x, 6, 1));
        Named("k", () => op.Apply(x, 3, 1, dim: 0));
        Named("k", () => op.Apply(x, long.MaxValue, 1));
        Named("lambda", () => op.Apply(x, 1, 0));
        Named("lambda", () => op.Apply(x, 1, double.NaN));
        Named("p", () => op.Apply(x, 1, 1, 1));
        Named("dim", () => op.Apply(x, 1, 1, dim: 2));
        Named("dim", () => op.Apply(x, 1, 1, dim: -3));
        Named("solver", () => op.Apply(x, 1, 1, 1.5, solver: TopKSolver.Dykstra));
        Named("solver", () => op.Apply(x, 1, 1, solver: (TopKSolver)77));
        Named("x", () => op.Apply(scalar, 0, 1));
        Named("x", () => op.Apply(null!, 0, 1));
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Sparse_tensors_are_refused(TopKOperator op)
    {
        using var indices = zeros([2, 1], ScalarType.Int64);
        using var x = sparse_coo_tensor(indices, ones(1), [2, 5]);
        Named("x", () => op.Apply(x, 1, 1));
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Other_types_are_named(TopKOperator op)
    {
        foreach (var type in new[] { ScalarType.Int32, ScalarType.Int64, ScalarType.Bool, ScalarType.ComplexFloat32 })
        {
            using var x = zeros(2, 5, type);
            var error = Assert.Throws<NotSupportedException>(() => op.Apply(x, 1, 1));
            Assert.Contains(type.ToString(), error.Message, StringComparison.Ordinal);
        }
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Tensors_without_values_are_refused(TopKOperator op)
    {
        using var x = zeros(2, 5, device: META);
        var error = Assert.Throws<NotSupportedException>(() => op.Apply(x, 1, 1));
        Assert.Contains("meta", error.Message, StringComparison.Ordinal);
    }

    [TorchTheory]
    [MemberData(nameof(Both))]
    public void Two_gibibytes_are_refused(TopKOperator op)
    {
        using var one = zeros(1);
        using var x = one.expand(1L << 29);
        Named("x", () => op.Apply(x, 1, 1));
    }

    private static void Named(string argument, Func<Tensor> call)
    {
        var error = Assert.ThrowsAny<ArgumentException>(call);
        Assert.Equal(argument, error.ParamName, ignoreCase: true); // PNorm's own parameters are P and Lambda.
    }
}
