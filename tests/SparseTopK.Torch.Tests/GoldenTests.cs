using System.Text.Json;
using SparseTopK.TestKit;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>The verified cases of ranks, sorts and isotonic regressions through tensors. (Those of top-k are in the contract.)</summary>
public class GoldenTests
{
    private static readonly string[] Lines = File.ReadAllLines(GoldenCase.ShippedFile);

    [TorchTheory]
    [InlineData(ComputePath.Core, ScalarType.Float32)]
    [InlineData(ComputePath.Core, ScalarType.Float64)]
    [InlineData(ComputePath.TorchOperations, ScalarType.Float32)]
    [InlineData(ComputePath.TorchOperations, ScalarType.Float64)]
    [KernelPathData(ScalarType.Float32)]
    [KernelPathData(ScalarType.Float64)]
    public void Every_golden_case_is_within_its_tolerance(ComputePath path, ScalarType type)
    {
        using var on = new OnPath(path);
        var count = 0;
        foreach (var golden in GoldenCase.Read(GoldenCase.ShippedFile).Where(golden => !golden.IsTopK))
        {
            count++;
            using var scope = NewDisposeScope();
            var x = tensor(golden.X).to(type).requires_grad_();
            var y = Apply(golden, x);
            var norm = new PNorm(golden.P ?? 2, golden.Lambda ?? 1);
            var scale = Math.Max(golden.X.Max(Math.Abs), golden.Y.Max(Math.Abs));
            var (forward, vjp) = type == ScalarType.Float64
                ? (Tolerance.Forward<double>(norm, golden.X), Tolerance.Vjp<double>(norm, golden.X))
                : (Tolerance.Forward<float>(norm, golden.X), Tolerance.Vjp<float>(norm, golden.X));
            AssertNear(golden.Y, y, forward * scale, golden);
            if (golden.Vjp is { Length: > 0 } && (golden.Margin ?? 1) > Tolerance.LeastMargin)
            {
                y.backward([tensor(golden.G).to(type)]);
                AssertNear(golden.Vjp, x.grad!, vjp * golden.Vjp.Max(Math.Abs), golden);
            }
        }

        Assert.Equal(54, count);
    }

    private static Tensor Apply(GoldenCase golden, Tensor x) => golden.Op switch
    {
        "soft_rank" => Functional.soft_rank(x, golden.Lambda!.Value),
        "soft_sort" => Functional.soft_sort(x, golden.Lambda!.Value),
        "iso_l2" => Functional.isotonic_regression(x, Weights(golden, x.dtype)),
        "iso_mask" => Functional.isotonic_regression(x, Weights(golden, x.dtype), IsotonicObjective.LinearTerm(golden.Norm)),
        "iso_mag" => Functional.isotonic_regression(x, Weights(golden, x.dtype), IsotonicObjective.QuadraticTerm(golden.Norm)),
        _ => throw new InvalidDataException(golden.Op),
    };

    private static Tensor Weights(GoldenCase golden, ScalarType type)
    {
        using var document = JsonDocument.Parse(Lines[golden.Line - 1]);
        return tensor(document.RootElement.GetProperty("w").EnumerateArray().Select(w => w.GetDouble()).ToArray()).to(type);
    }

    private static void AssertNear(double[] expected, Tensor actual, double tolerance, GoldenCase golden)
    {
        var entries = Operators.Entries<double>(actual.detach().to(ScalarType.Float64));
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - entries[i]) <= tolerance))
            {
                Assert.Fail(FormattableString.Invariant(
                    $"Line {golden.Line}, {golden.Note}: [{i}] is {entries[i]:R}, expected {expected[i]:R}, tolerance {tolerance:e2}."));
            }
        }
    }
}
