using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The type in which torch operations compute, and back.</summary>
internal static class Wide
{
    /// <summary>Where set, every device of this thread passes for one without float64.</summary>
    [field: ThreadStatic]
    public static bool HasNoDouble { get; set; }

    /// <summary>float64, or float32 where the device has no float64.</summary>
    public static ScalarType TypeOn(Tensor tensor) =>
        HasNoDouble || tensor.device_type == DeviceType.MPS ? ScalarType.Float32 : ScalarType.Float64;

    /// <summary>Slopes are taken for no more than this: their sums and products stay finite.</summary>
    public static double LargestSlope(ScalarType type) => type == ScalarType.Float64 ? 1e150 : 1e15;

    /// <summary>Widths are taken for no less than this: their inverses are finite.</summary>
    public static double Least(ScalarType type) => type == ScalarType.Float64 ? 1e-300 : 1e-30;

    /// <summary>The largest finite number.</summary>
    public static double Largest(ScalarType type) => type switch
    {
        ScalarType.Float64 => double.MaxValue,
        ScalarType.Float32 => float.MaxValue,
        ScalarType.BFloat16 => 3.3895313892515355e38,
        ScalarType.Float16 => 65504,
        _ => throw new NotSupportedException($"The type {type} is not supported."),
    };

    /// <summary>The smallest number above 0 that devices do not take for 0.</summary>
    public static double Smallest(ScalarType type) => type == ScalarType.Float64 ? double.Epsilon : 1.2e-38;

    /// <summary>1/value, but finite: an infinite one would turn products of 0 into NaN.</summary>
    public static double Inverse(double value, ScalarType type) => Math.Min(1 / value, Largest(type));

    /// <summary>A power of two for each row, [..., 1], that brings its entries to where their sums and products are finite; mostly 1.</summary>
    public static Tensor Unit(this Tensor rows)
    {
        var (size, far) = (rows.abs().amax([-1], keepdim: true), rows.dtype == ScalarType.Float64 ? 450 : 50);
        return ones_like(size)
            .Fill(size.IsAbove(Math.ScaleB(1, far)), Math.ScaleB(1, -far - (far / 3)))
            .Fill(size.IsBelow(Math.ScaleB(1, -far)), Math.ScaleB(1, far));
    }

    /// <summary>A relative error of a few units in the last place.</summary>
    public static double Digits(ScalarType type) => type == ScalarType.Float64 ? 1e-15 : 5e-7;

    public static Tensor Widen(this Tensor tensor) => tensor.to(TypeOn(tensor));

    /// <summary>To a type, within its range: a gradient is finite even where its slope is unbounded. NaN stays NaN.</summary>
    public static Tensor Narrow(this Tensor tensor, ScalarType type) => tensor.Within(-Largest(type), Largest(type)).to(type);

    /// <summary>Rows marked in a tensor [..., 1] become NaN.</summary>
    public static Tensor InvalidateRows(this Tensor tensor, Tensor rows) => tensor.Fill(rows, double.NaN);

    /// <summary>The sum of each row: [..., 1].</summary>
    public static Tensor RowSum(this Tensor tensor) => tensor.sum(-1, keepdim: true);
}
